//! Intakes and findings as lines that a person can write, and the pins that are tried.

use dubo_pin::dockerfile::added::RemoteKind;
use dubo_pin::dockerfile::images::{Role, Wanted};
use dubo_pin::dockerfile::shell::{Operand, Spelled, Written};
use dubo_pin::dockerfile::{Dockerfile, Edit, Intake, assigned};
use dubo_pin::model::{Finding, Token};

/// The version that packages are pinned to.
pub const VERSION: &str = "9:9.9-9";

/// The digest that images are pinned to.
pub fn digest() -> String {
    format!("sha256:{}", "9".repeat(64))
}

/// The commit that repositories are pinned to.
pub fn commit() -> String {
    "9".repeat(40)
}

/// All intakes, each with its line.
pub fn intakes(file: &Dockerfile) -> Vec<String> {
    file.intakes().iter().map(|i| format!("{} {}", i.place(file).line, intake(file, i))).collect()
}

/// All intakes without their lines.
pub fn unplaced(file: &Dockerfile) -> Vec<String> {
    file.intakes().iter().map(|i| intake(file, i)).collect()
}

fn intake(file: &Dockerfile, intake: &Intake<'_>) -> String {
    match intake {
        Intake::Image(_, image) => {
            let role = match image.role {
                Role::From => "from",
                Role::CopyFrom => "copy",
                Role::Mount => "mount",
                Role::Syntax => "syntax",
            };
            format!("image {}{role} {}", if image.onbuild { "onbuild " } else { "" }, image.reference)
        }
        Intake::UnclearImage(_) => "unclear".to_owned(),
        Intake::Install(install) => {
            let mut words = vec!["apt".to_owned(), install.program.clone()];
            words.extend(install.operands.iter().map(operand));
            words.extend(install.not_understood.iter().map(|n| format!("?{}", n.text(file))));
            words.join(" ")
        }
        Intake::Upgrade(upgrade) => format!("apt {} ?{}", upgrade.program, upgrade.verb),
        Intake::Yarn(add) => {
            let package = |p: &dubo_pin::dockerfile::shell::yarn::Package| match &p.fragment {
                Some(fragment) => format!("{}#{}", p.text, written(fragment)),
                None => p.text.clone(),
            };
            format!("yarn {}", add.packages.iter().map(package).collect::<Vec<_>>().join(" "))
        }
        Intake::Git(checkout) => {
            let mut out = format!("git {}", checkout.repository.as_ref().map_or_else(|| "?".to_owned(), value));
            if let Some(reference) = &checkout.reference {
                out.push_str(&format!(" @ {}", value(reference)));
            }
            let by = checkout.assignment.and_then(|a| file.assignments().get(a));
            if let Some(by) = by {
                out.push_str(&format!(" by {}", by.name));
            }
            out
        }
        Intake::Remote(remote) => match &remote.what {
            RemoteKind::File { checksum } => {
                let held = checksum.as_ref().map(|c| format!(" held {c}")).unwrap_or_default();
                format!("add {}{held}", remote.value.as_ref().unwrap_or(&remote.written))
            }
            RemoteKind::Git { repository, reference, variable } => {
                let at = reference.as_ref().map(|r| format!(" @ {r}")).unwrap_or_default();
                let by = variable.as_ref().map(|v| format!(" by {v}")).unwrap_or_default();
                format!("add-git {repository}{at}{by}")
            }
        },
        Intake::Download(download) => {
            let mut words = vec!["fetch".to_owned(), download.program.clone()];
            words.extend(download.urls.iter().map(value));
            words.extend(download.not_understood.iter().map(|n| format!("?{}", n.text(file))));
            if let Some(check) = &download.check {
                words.extend(["held".to_owned(), check.algorithm.clone()]);
                words.extend(check.digest.as_ref().map(|d| match d.variable() {
                    Some(variable) => format!("${variable}"),
                    None => value(d),
                }));
            }
            words.extend(download.piped.iter().map(|by| format!("into {by}")));
            words.join(" ")
        }
        Intake::Local(local) => {
            format!("local {}{}", local.pattern, if local.by_platform { " by platform" } else { "" })
        }
        Intake::Managed(managed) => {
            let mut words = vec!["pkg".to_owned(), managed.manager.to_owned(), managed.verb.clone()];
            words.extend(managed.packages.iter().map(value));
            words.extend(managed.held.then(|| "held".to_owned()));
            words.join(" ")
        }
        Intake::Fetch(fetch) => {
            let how = if fetch.sure { "takes" } else { "maybe" };
            let mut words = vec![how.to_owned(), fetch.program.clone()];
            words.extend(fetch.what.iter().cloned());
            words.join(" ")
        }
    }
}

fn value(word: &Spelled) -> String {
    word.value.clone().unwrap_or_else(|| word.text())
}

fn written(part: &Written) -> String {
    match part {
        Written::Literal(text) => text.clone(),
        Written::Variable { name, value } => format!("${name}({})", value.as_deref().unwrap_or("?")),
    }
}

fn operand(operand: &Operand) -> String {
    let part = |sign: char, part: &Option<Written>| part.as_ref().map(|p| format!("{sign}{}", written(p)));
    let mut out = operand.name.clone();
    out.extend(part(':', &operand.architecture));
    out.extend(part('=', &operand.version));
    out.extend(part('/', &operand.suite));
    out
}

/// A finding as id, line and the text at which it points: as much of it as the expectation tells.
pub fn finding(finding: &Finding, expected: &[String]) -> Option<String> {
    let place = finding.trouble.place.as_ref()?;
    let line = place.excerpt.as_ref()?;
    let rest: String = line.text.chars().skip(place.column.saturating_sub(1 + line.skipped)).collect();
    let head = format!("{} {} ", finding.id, place.line);
    let told = expected.iter().find(|e| e.strip_prefix(&head).is_some_and(|text| rest.starts_with(text)));
    Some(told.cloned().unwrap_or_else(|| format!("{head}{rest}")))
}

/// The edits that pin what can be pinned: images, packages, commits in ARGs.
pub fn pin(file: &Dockerfile) -> Vec<Edit> {
    let (digest, token) = (digest(), Token::new(&commit()).unwrap());
    let images = file.images();
    let wanted: Vec<_> = (0..images.found.len()).map(|image| Wanted { image, tag: None, digest: &digest }).collect();
    // several that need different values of one ARG cannot be pinned together
    let mut edits = images.pin(file, &wanted).unwrap_or_default();
    for intake in file.intakes() {
        match intake {
            Intake::Install(install) => {
                edits.extend(install.operands.iter().filter_map(|o| o.edit(file, VERSION).ok().flatten()));
            }
            Intake::Git(checkout) => {
                let edit = checkout.assignment.and_then(|a| assigned(file, a).ok()?.edit(file, &token).ok());
                edits.extend(edit);
            }
            _ => {}
        }
    }
    edits
}
