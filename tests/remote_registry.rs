//! The registry client: before Debian's docker-registry, and before servers that lie.

mod hostile;
mod packages;
mod real;
mod tokens;

use std::path::Path;
use std::time::Duration;

use dubo_pin::model::Sha256;
use dubo_pin::remote::git::GitOptions;
use dubo_pin::remote::registry::{Logins, Name};
use dubo_pin::remote::{Http, Limits, Mirrors, Options, Remote};

use crate::support::http::{Answer, Asked, Server};
use crate::support::oci::{Image, Packing, layer};

/// The way to the network, with a store below a folder.
fn remote(folder: &Path, mirrors: &str, logins: Logins) -> Remote {
    let limits = Limits { back_off: Duration::from_millis(2), ..Limits::default() };
    let http = Http::new(Options { limits, ..Options::default() });
    let mirrors = Mirrors::default().and_environment(mirrors).unwrap();
    Remote::new(http, mirrors, GitOptions::default()).with_store(Some(folder.join("store"))).with_logins(logins)
}

fn plain(folder: &Path) -> Remote {
    remote(folder, "", Logins::default())
}

fn name<'a>(host: &'a str, path: &'a str) -> Name<'a> {
    Name { host, path }
}

/// Three platforms, of which one is written in another than the normal form, and attestations.
fn several() -> Image {
    let gzip = layer(&[("etc/", None), ("etc/hostname", Some("a\n"))], Packing::Gzip);
    let zstd = layer(&[("etc/hostname", Some("b\n"))], Packing::Zstd);
    Image::default()
        .one("linux/amd64", std::slice::from_ref(&gzip), false)
        .attested()
        .one("linux/arm64/v8", &[gzip.clone(), zstd.clone()], false)
        .attested()
        .one("linux/arm/v7", &[zstd], false)
        .index(false)
}

/// What a registry with one image answers: its root by the tag `1`, all else by digest.
pub fn answer(image: &Image, asked: &Asked) -> Answer {
    let path = asked.path.split('?').next().unwrap();
    let last = path.rsplit('/').next().unwrap();
    let digest = |bytes: &[u8]| format!("sha256:{}", Sha256::of(bytes));
    let bare = |answer: Answer| if asked.method == "HEAD" { Answer { body: Vec::new(), ..answer } } else { answer };
    if path.contains("/manifests/") {
        let root = Some(image.root()).filter(|_| last == "1");
        let part = root.or_else(|| image.parts.iter().find(|p| digest(&p.bytes) == last));
        return match part {
            Some(part) => {
                let answer = Answer::new(200, part.bytes.clone()).with("Content-Type", part.media);
                bare(answer.with("Docker-Content-Digest", &digest(&part.bytes)))
            }
            None => bare(Answer::new(404, r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#)),
        };
    }
    match image.blobs.iter().find(|b| digest(b) == last) {
        Some(blob) => Answer::new(200, blob.clone()),
        None => Answer::new(404, r#"{"errors":[{"code":"BLOB_UNKNOWN"}]}"#),
    }
}

/// A registry in memory.
fn serve(image: Image) -> Server {
    Server::start(move |asked| answer(&image, asked))
}

/// The host of references to a server.
fn host(server: &Server) -> String {
    server.url().strip_prefix("http://").unwrap().to_owned()
}
