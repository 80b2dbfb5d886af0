//! Images made in a test: layers, configurations, manifests, indices, as an OCI layout or pushed.
//!
//! For the tests of registries. The JSON is written by hand, so that its bytes are the test's own.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use dubo_pin::model::Sha256;

pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";

/// How a layer is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    Plain,
    Gzip,
    Zstd,
}

/// One entry of a layer: its path and content; `None` for a folder.
pub type Entry<'a> = (&'a str, Option<&'a str>);

/// A packed layer, and the digest of its unpacked bytes.
#[derive(Debug, Clone)]
pub struct Layer {
    pub media: &'static str,
    pub bytes: Vec<u8>,
    pub diff_id: Sha256,
}

/// The tar of some entries.
pub fn tar_of(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_entry_type(if content.is_some() { tar::EntryType::Regular } else { tar::EntryType::Directory });
        let content = content.unwrap_or_default();
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, path, content.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap()
}

pub fn pack(bytes: &[u8], packing: Packing) -> Vec<u8> {
    match packing {
        Packing::Plain => bytes.to_vec(),
        Packing::Gzip => {
            let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            gzip.write_all(bytes).unwrap();
            gzip.finish().unwrap()
        }
        Packing::Zstd => ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest),
    }
}

pub fn layer(entries: &[Entry<'_>], packing: Packing) -> Layer {
    layer_of(&tar_of(entries), packing)
}

pub fn layer_of(tar: &[u8], packing: Packing) -> Layer {
    let media = match packing {
        Packing::Plain => "application/vnd.oci.image.layer.v1.tar",
        Packing::Gzip => "application/vnd.oci.image.layer.v1.tar+gzip",
        Packing::Zstd => "application/vnd.oci.image.layer.v1.tar+zstd",
    };
    Layer { media, bytes: pack(tar, packing), diff_id: Sha256::of(tar) }
}

/// A manifest, its media type and platform.
#[derive(Debug, Clone)]
pub struct Part {
    pub media: &'static str,
    pub bytes: Vec<u8>,
    /// The JSON of its platform in an index, and further fields of its entry.
    pub entry: String,
}

impl Part {
    pub fn digest(&self) -> Sha256 {
        Sha256::of(&self.bytes)
    }
}

/// Blobs and manifests, the root last.
#[derive(Debug, Clone, Default)]
pub struct Image {
    pub blobs: Vec<Vec<u8>>,
    pub parts: Vec<Part>,
}

fn descriptor(media: &str, bytes: &[u8], more: &str) -> String {
    format!(r#"{{"mediaType":"{media}","digest":"sha256:{}","size":{}{more}}}"#, Sha256::of(bytes), bytes.len())
}

/// The JSON of a platform: `linux/arm/v7`.
pub fn platform(text: &str) -> String {
    let parts: Vec<&str> = text.split('/').collect();
    let variant = parts.get(2).map(|v| format!(r#","variant":"{v}""#)).unwrap_or_default();
    format!(r#""os":"{}","architecture":"{}"{variant}"#, parts[0], parts[1])
}

impl Image {
    pub fn root(&self) -> &Part {
        self.parts.last().unwrap()
    }

    /// Adds one platform's image.
    pub fn one(mut self, on: &str, layers: &[Layer], docker: bool) -> Self {
        let ids: Vec<String> = layers.iter().map(|l| format!("\"sha256:{}\"", l.diff_id)).collect();
        let config = format!(
            r#"{{{},"config":{{}},"rootfs":{{"type":"layers","diff_ids":[{}]}}}}"#,
            platform(on),
            ids.join(",")
        );
        let (media, config_media) = if docker { (DOCKER_MANIFEST, DOCKER_CONFIG) } else { (OCI_MANIFEST, OCI_CONFIG) };
        let described: Vec<String> = layers
            .iter()
            .map(|l| {
                let media = if docker { "application/vnd.docker.image.rootfs.diff.tar.gzip" } else { l.media };
                descriptor(media, &l.bytes, "")
            })
            .collect();
        let bytes = format!(
            r#"{{"schemaVersion":2,"mediaType":"{media}","config":{},"layers":[{}]}}"#,
            descriptor(config_media, config.as_bytes(), ""),
            described.join(",")
        );
        self.blobs.extend(layers.iter().map(|l| l.bytes.clone()));
        self.blobs.push(config.into_bytes());
        let entry = format!(r#","platform":{{{}}}"#, platform(on));
        self.parts.push(Part { media, bytes: bytes.into_bytes(), entry });
        self
    }

    /// Adds an attestation for the part before, as BuildKit writes it.
    pub fn attested(mut self) -> Self {
        let about = self.parts.last().unwrap().digest();
        let statement = format!(r#"{{"subject":"{about}"}}"#);
        let config =
            r#"{"os":"unknown","architecture":"unknown","config":{},"rootfs":{"type":"layers","diff_ids":[]}}"#;
        let bytes = format!(
            r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{},"layers":[{}]}}"#,
            descriptor(OCI_CONFIG, config.as_bytes(), ""),
            descriptor("application/vnd.in-toto+json", statement.as_bytes(), "")
        );
        self.blobs.extend([statement.into_bytes(), config.as_bytes().to_vec()]);
        let entry = format!(
            r#","annotations":{{"vnd.docker.reference.digest":"sha256:{about}","vnd.docker.reference.type":"attestation-manifest"}},"platform":{{"architecture":"unknown","os":"unknown"}}"#
        );
        self.parts.push(Part { media: OCI_MANIFEST, bytes: bytes.into_bytes(), entry });
        self
    }

    /// An index of all parts.
    pub fn index(mut self, docker: bool) -> Self {
        let all: Vec<String> = self.parts.iter().map(|p| descriptor(p.media, &p.bytes, &p.entry)).collect();
        let media = if docker { DOCKER_LIST } else { OCI_INDEX };
        let bytes = format!(r#"{{"schemaVersion":2,"mediaType":"{media}","manifests":[{}]}}"#, all.join(","));
        self.parts.push(Part { media, bytes: bytes.into_bytes(), entry: String::new() });
        self
    }

    /// Pushes it by plain HTTP; parts before the root by digest, the root by tag.
    pub fn push(&self, registry: SocketAddr, repository: &str, tag: &str) {
        for blob in &self.blobs {
            let start = call(registry, "POST", &format!("/v2/{repository}/blobs/uploads/"), &[], b"");
            assert_eq!(start.status, 202, "{start:?}");
            let location = start.header("location").unwrap();
            let path = location.split_once("//").map_or(location, |(_, rest)| &rest[rest.find('/').unwrap()..]);
            let joined = if path.contains('?') { '&' } else { '?' };
            let path = format!("{path}{joined}digest=sha256:{}", Sha256::of(blob));
            let done = call(registry, "PUT", &path, &[("Content-Type", "application/octet-stream")], blob);
            assert_eq!(done.status, 201, "{done:?}");
        }
        let last = self.parts.len() - 1;
        for (at, part) in self.parts.iter().enumerate() {
            let reference = if at == last { tag.to_owned() } else { format!("sha256:{}", part.digest()) };
            let path = format!("/v2/{repository}/manifests/{reference}");
            let done = call(registry, "PUT", &path, &[("Content-Type", part.media)], &part.bytes);
            assert_eq!(done.status, 201, "{done:?}");
        }
    }

    /// Writes it as an OCI layout with one name.
    pub fn write(&self, dir: &Path, tag: &str) {
        let blobs = dir.join("blobs/sha256");
        std::fs::create_dir_all(&blobs).unwrap();
        for bytes in self.blobs.iter().chain(self.parts.iter().map(|p| &p.bytes)) {
            std::fs::write(blobs.join(Sha256::of(bytes).to_string()), bytes).unwrap();
        }
        std::fs::write(dir.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        let root = self.root();
        let named = format!(r#","annotations":{{"org.opencontainers.image.ref.name":"{tag}"}}"#);
        let index = format!(r#"{{"schemaVersion":2,"manifests":[{}]}}"#, descriptor(root.media, &root.bytes, &named));
        std::fs::write(dir.join("index.json"), index).unwrap();
    }
}

/// An answer of [`call`].
#[derive(Debug)]
pub struct Said {
    pub status: u16,
    pub headers: Vec<(String, String)>,
}

impl Said {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// One request over a connection of its own.
pub fn call(to: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Said {
    let mut stream = TcpStream::connect(to).unwrap();
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\n");
    head += &format!("Content-Length: {}\r\n", body.len());
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all(&[head.as_bytes(), b"\r\n", body].concat()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let text = String::from_utf8_lossy(&answer);
    let mut lines = text.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.take_while(|l| !l.is_empty()).filter_map(|l| l.split_once(": "));
    Said { status, headers: headers.map(|(n, v)| (n.to_ascii_lowercase(), v.to_owned())).collect() }
}
