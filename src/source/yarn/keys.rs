//! The grammar of a yarn pin: `yarn = "folder"`.

use crate::model::{RelPath, Trouble};
use crate::source::request::Request;
use crate::source::url::Host;
use crate::table::Table;

/// What a yarn pin asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// The folder with package.json and yarn.lock; `None` is the one of pins.toml, written `.`.
    pub folder: Option<RelPath>,
    /// Hosts that the lock's URLs may name beside those of package.json; sorted.
    pub hosts: Vec<Host>,
}

impl Keys {
    /// The keys of a yarn pin beside the common ones.
    pub const KNOWN: &'static [&'static str] = &["yarn", "hosts", "vendor", "track", "size-limit"];

    pub(in crate::source) fn read(table: &Table<'_>) -> Option<Self> {
        let folder = table.read("yarn", |text| match text {
            "." => Ok(None),
            path => path.strip_suffix('/').unwrap_or(path).parse().map(Some).map_err(|e| Trouble::new(format!("{e}"))),
        });
        let hosts = Host::read(table);
        Some(Self { folder: folder?.value, hosts })
    }

    pub(in crate::source) fn request(&self) -> Request {
        let folder = self.folder.as_ref().map_or(".", RelPath::as_str);
        Request::default().put("yarn", folder)
    }
}
