//! What was not understood is told, with its place.

use super::*;

#[test]
fn what_was_not_understood_has_file_line_and_column() {
    let work = Work::new();
    let digest = format!("sha256:{SHA}");
    work.write(
        "Dockerfile",
        format!(
            "FROM debian@{digest}\n\
             ARG WHICH\n\
             ADD https://h.example/x-1.0.tgz /\n\
             RUN pip install requests\n\
             COPY cache/$TARGETPLATFORM/tool-1.2.tar.gz /\n\
             # dubo-pin: ignore=COV001 judged\n\
             RUN curl -O https://h.example/y\n"
        ),
    );
    let report = json(&work.run(&["init", "--offline", "--format", "json"]).code(0));
    let told: Vec<(&str, u64, u64)> = report["not-understood"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| (t["file"].as_str().unwrap(), t["line"].as_u64().unwrap(), t["column"].as_u64().unwrap()))
        .collect();
    assert_eq!(
        told,
        [("Dockerfile", 1, 6), ("Dockerfile", 3, 5), ("Dockerfile", 4, 5), ("Dockerfile", 5, 6)],
        "{report:#}"
    );
    assert_eq!(report["adopted"].as_array().unwrap().len(), 0);
    let shown = work.run(&["init", "--offline"]).code(0).says("4 not understood");
    assert!(shown.out.contains("vendor = \"cache/{platform}/tool-1.2.tar.gz\""), "{}", shown.out);
    assert!(shown.out.contains("FROM debian@sha256:"), "{}", shown.out);
    for format in ["github", "sarif"] {
        work.run(&["init", "--offline", "--format", format]).code(0).says("Dockerfile");
    }
}

#[test]
fn a_dockerfile_that_cannot_be_read_does_not_stop_the_others() {
    let work = Work::new();
    work.write("Dockerfile", "FROM debian:12\n").write("Dockerfile.bad", "FROM debian:12\nNONSENSE {\n");
    work.run(&["init", "--offline"]).code(0).says("1 pin").says("Dockerfile.bad:2:1");
    work.run(&["init", "--check"]).code(2).says("Dockerfile.bad:2:1");
}

#[test]
fn a_manifest_that_cannot_be_read_is_not_touched() {
    let work = Work::new();
    work.write("Dockerfile", "FROM debian:12\n").write("pins.toml", "version = 1\nnonsense = 2\n");
    work.run(&["init", "--offline"]).code(2).says("pins.toml:2:1");
    assert_eq!(work.read("pins.toml"), "version = 1\nnonsense = 2\n");
}
