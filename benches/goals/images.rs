//! A hundred references of images, locked for the first time, against skopeo one by one (G15).
//!
//! The registry is served from this process's memory. Both read one index for each reference; ours
//! also writes what it read into its store.

use std::fmt::Write as _;

use crate::Result;
use crate::ground::{Ground, Sample};
use crate::support::http::{Answer, Server};
use crate::table::{Row, Table};
use crate::wanted::Wanted;

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const LOOP: &str =
    r#"while read -r image; do skopeo inspect --tls-verify=false --raw "docker://$image" || exit 1; done <images/list"#;

pub fn measure(ground: &Ground, wanted: &Wanted, table: &mut Table) -> Result<()> {
    if !wanted.has("G15") {
        return Ok(());
    }
    if ground.said("skopeo --version").is_err() {
        table.skip("G15", "skopeo is missing");
        return Ok(());
    }
    let references = if ground.quick { 10 } else { 100 };
    let server = registry();
    let host = server.url().replace("http://", "");
    let (mut manifest, mut dockerfile, mut list) = ("version = 1\n".to_owned(), String::new(), String::new());
    for n in 0..references {
        let image = format!("{host}/p{n:03}:1");
        write!(manifest, "\n[pins.p{n:03}]\nimage = \"{image}\"\n")?;
        writeln!(dockerfile, "FROM {image}")?;
        writeln!(list, "{image}")?;
    }
    ground.write("images/pins.toml", manifest)?;
    ground.write("images/Dockerfile", &dockerfile)?;
    ground.write("images/start", &dockerfile)?;
    ground.write("images/list", list)?;
    let first = "cp images/start images/Dockerfile; rm -rf images/pins.lock images/.dubo-pin home/.cache; \"$DUBO_PIN\" -C images refresh";
    let pairs = ground.pairs(ground.few(), first, LOOP)?;
    ground.said(&format!(
        "\"$DUBO_PIN\" -C images verify && test \"$(grep -c @sha256: images/Dockerfile)\" = {references}"
    ))?;
    let what = &format!("refresh {references} image pins, first");
    let against = "skopeo inspect, one by one";
    table.row(&Row { goal: "G15", what, against, runs: 1, pairs: &pairs, of: Sample::wall, most: Some(0.25) });
    Ok(())
}

/// Any repository has the tag `1`: an index of two platforms.
fn registry() -> Server {
    let child = |platform: &str, digit: char| {
        let digest = digit.to_string().repeat(64);
        format!(
            r#"{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:{digest}","size":1000,"platform":{{"os":"linux","architecture":"{platform}"}}}}"#
        )
    };
    let index = format!(
        r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{},{}]}}"#,
        child("amd64", 'a'),
        child("arm64", 'b')
    );
    Server::start(move |asked| match asked.path.as_str() {
        "/v2/" => Answer::new(200, "{}"),
        path if path.ends_with("/manifests/1") => {
            let body = if asked.method == "HEAD" { String::new() } else { index.clone() };
            Answer::new(200, body).with("Content-Type", INDEX)
        }
        _ => Answer::new(404, r#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#),
    })
}
