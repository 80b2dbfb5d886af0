//! The cmdlets of PowerShell that fetch by URL, where a SHELL of Windows images names them.
//!
//! For [`line`](super::line). The words are those that a POSIX shell would see: good enough for a URL
//! written out. Parameters after about_Parameters and Invoke-WebRequest of PowerShell 7: names in any
//! case, the value in the next word or behind a colon.

use super::super::fields::Field;
use super::line::{Line, behind, start};

const CMDLETS: [&str; 5] = ["invoke-webrequest", "invoke-restmethod", "iwr", "irm", "start-bitstransfer"];
/// Parameters without a value.
const SWITCHES: [&str; 11] = [
    "usebasicparsing",
    "skipcertificatecheck",
    "skipheadervalidation",
    "skiphttperrorcheck",
    "disablekeepalive",
    "passthru",
    "resume",
    "usedefaultcredentials",
    "allowunencryptedauthentication",
    "preserveauthorizationonredirect",
    "verbose",
];

/// Whether a program is one of them.
pub(super) fn is_cmdlet(name: &str) -> bool {
    CMDLETS.iter().any(|c| name.eq_ignore_ascii_case(c))
}

/// What it takes, and where that goes.
pub(super) fn read(words: &[Field]) -> Line {
    let mut out = Line::default();
    let mut words = words.iter();
    while let Some(field) = words.next() {
        let text = start(field).to_ascii_lowercase();
        let Some(parameter) = text.strip_prefix('-') else {
            if out.urls.is_empty() && !field.units.is_empty() {
                out.urls.push(field.clone());
            }
            continue;
        };
        let name = parameter.split(':').next().unwrap_or_default();
        if SWITCHES.contains(&name) {
            continue;
        }
        let joined = parameter.contains(':').then(|| behind(field, name.len() + 2));
        let Some(value) = joined.or_else(|| words.next().cloned()) else { break };
        match name {
            "uri" | "source" => out.urls = vec![value],
            "outfile" | "destination" => out.outputs.push(value),
            _ => {}
        }
    }
    out
}
