# The image that others are built in.

ARG           FROM_IMAGE=docker.io/library/debian:bookworm

FROM          $FROM_IMAGE AS builder
ARG           DEBIAN_SNAPSHOT=20261123T000000Z
ARG           DEBIAN_FRONTEND=noninteractive
# What every build needs, then what only some of them do
RUN           apt-get update -qq && apt-get install -qq --no-install-recommends \
                build-essential=12.9 \
                autoconf=2.71-3 \
                automake=1:1.16.5-1.3 \
                libtool=2.4.7-7~deb12u1 \
                pkg-config=1.8.1-1 \
                # certificates and the tools that fetch
                ca-certificates=20250419~deb12u2 \
                curl=7.88.1-10+deb12u15 \
                git=1:2.39.5-0+deb12u3 \
                jq=1.6-2.1+deb12u3 \
              && apt-get -qq clean && rm -rf /var/lib/apt/lists/*
RUN           extra="devscripts=2.23.4+deb12u2 equivs=2.3.1"; \
              for package in python3-minimal=3.11.2-1+b1 "$extra"; do \
                apt-get update -qq && apt-get install -qq --no-install-recommends $package; \
              done; rm -rf /var/lib/apt/lists/*
