//! Tarballs of repositories as codeload gives them: `/owner/name/tar.gz/<ref>`, made by git archive.

use std::path::Path;

use super::super::git_http::git_in;
use super::super::http::{Answer, Server};

/// A running codeload.
pub struct Codeload {
    /// Its HTTP side; a twist of it recompresses or forges.
    pub http: Server,
}

impl Codeload {
    /// Before all bare repositories `owner/name.git` below a folder.
    pub fn serve(root: &Path) -> Self {
        let root = root.to_owned();
        let http = Server::start(move |asked| {
            let mut parts = asked.path.trim_start_matches('/').splitn(4, '/');
            let (Some(owner), Some(name), Some("tar.gz"), Some(at)) =
                (parts.next(), parts.next(), parts.next(), parts.next())
            else {
                return Answer::new(404, "404: Not Found");
            };
            let repository = root.join(owner).join(format!("{name}.git"));
            if !repository.is_dir() {
                return Answer::new(404, "404: Not Found");
            }
            let prefix = format!("--prefix={name}-{}/", at.trim_start_matches('v').replace('/', "-"));
            let output = git_in(&repository, &["archive", "--format=tar.gz", &prefix, at]).output().unwrap();
            match output.status.success() {
                true => Answer::new(200, output.stdout).with("Content-Type", "application/x-gzip"),
                false => Answer::new(404, "404: Not Found"),
            }
        });
        Self { http }
    }

    /// The URL of a repository at a ref.
    pub fn url(&self, slug: &str, at: &str) -> String {
        format!("{}/{slug}/tar.gz/{at}", self.http.url())
    }
}
