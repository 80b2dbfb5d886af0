//! What each finding means: why it matters, an example wrong and right, and what mends it.
//!
//! For `lint --explain` and for the help of a rule in SARIF. Texts alone, one file a family; decides
//! nothing.

mod files;
mod images;
mod lock;
mod packages;
mod repositories;
mod texts;
mod yarn;

use crate::model::Id;

/// What a finding means to a person. Plain text in lines of at most 100 columns, without an end of line
/// at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Why it matters.
    pub why: &'static str,
    /// Lines of a Dockerfile, of pins.toml or of another file as they should not be; may be empty.
    pub wrong: &'static str,
    /// The same as they should be; empty where `wrong` is.
    pub right: &'static str,
    /// What to do.
    pub mend: &'static str,
}

/// The explanation of a finding.
#[must_use]
pub fn explain(id: Id) -> Explanation {
    match id {
        Id::APT001 => packages::APT001,
        Id::APT002 => packages::APT002,
        Id::APT003 => packages::APT003,
        Id::APT004 => packages::APT004,
        Id::APT005 => packages::APT005,
        Id::APT006 => packages::APT006,
        Id::APT007 => packages::APT007,
        Id::APT008 => packages::APT008,
        Id::APT009 => packages::APT009,
        Id::APT010 => packages::APT010,
        Id::APT011 => packages::APT011,
        Id::APT012 => packages::APT012,
        Id::APT013 => packages::APT013,
        Id::APT014 => packages::APT014,
        Id::APT015 => packages::APT015,
        Id::ARG001 => texts::ARG001,
        Id::COV001 => texts::COV001,
        Id::COV002 => texts::COV002,
        Id::DOC001 => texts::DOC001,
        Id::DOC002 => texts::DOC002,
        Id::DOC003 => texts::DOC003,
        Id::DOC004 => texts::DOC004,
        Id::DOC005 => texts::DOC005,
        Id::GIT001 => repositories::GIT001,
        Id::GIT002 => repositories::GIT002,
        Id::GIT003 => repositories::GIT003,
        Id::GIT005 => repositories::GIT005,
        Id::GIT006 => repositories::GIT006,
        Id::GIT007 => repositories::GIT007,
        Id::GIT008 => repositories::GIT008,
        Id::IMG001 => images::IMG001,
        Id::IMG002 => images::IMG002,
        Id::IMG003 => images::IMG003,
        Id::IMG008 => images::IMG008,
        Id::IMG009 => images::IMG009,
        Id::IMG010 => images::IMG010,
        Id::IMG011 => images::IMG011,
        Id::IMG012 => images::IMG012,
        Id::IMG013 => images::IMG013,
        Id::IMG014 => images::IMG014,
        Id::IMG015 => images::IMG015,
        Id::IMG016 => images::IMG016,
        Id::LINT001 => texts::LINT001,
        Id::LOCK001 => lock::LOCK001,
        Id::LOCK002 => lock::LOCK002,
        Id::LOCK003 => lock::LOCK003,
        Id::LOCK004 => lock::LOCK004,
        Id::LOCK005 => lock::LOCK005,
        Id::LOCK006 => lock::LOCK006,
        Id::LOCK007 => lock::LOCK007,
        Id::LOCK008 => lock::LOCK008,
        Id::LOCK009 => lock::LOCK009,
        Id::LOCK010 => lock::LOCK010,
        Id::PIN001 => texts::PIN001,
        Id::PIN002 => texts::PIN002,
        Id::PKG001 => packages::PKG001,
        Id::SUP001 => texts::SUP001,
        Id::GIT009 => repositories::GIT009,
        Id::URL001 => files::URL001,
        Id::URL002 => files::URL002,
        Id::URL003 => files::URL003,
        Id::URL004 => files::URL004,
        Id::URL005 => files::URL005,
        Id::URL006 => files::URL006,
        Id::URL007 => files::URL007,
        Id::VEND001 => files::VEND001,
        Id::VEND002 => files::VEND002,
        Id::VEND003 => files::VEND003,
        Id::VEND004 => files::VEND004,
        Id::VEND005 => files::VEND005,
        Id::VEND006 => files::VEND006,
        Id::VEND007 => files::VEND007,
        Id::YARN001 => yarn::YARN001,
        Id::YARN002 => yarn::YARN002,
        Id::YARN003 => yarn::YARN003,
        Id::YARN004 => yarn::YARN004,
        Id::YARN005 => yarn::YARN005,
        Id::YARN006 => yarn::YARN006,
        Id::YARN007 => yarn::YARN007,
        Id::YARN008 => yarn::YARN008,
        Id::YARN009 => yarn::YARN009,
        Id::YARN010 => yarn::YARN010,
        Id::YARN011 => yarn::YARN011,
        Id::YARN012 => yarn::YARN012,
        Id::YARN013 => yarn::YARN013,
        Id::YARN014 => yarn::YARN014,
        Id::YARN015 => yarn::YARN015,
        Id::YARN016 => yarn::YARN016,
        Id::YARN017 => yarn::YARN017,
        Id::YARN018 => yarn::YARN018,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_id_says_why_and_what_mends_it() {
        for id in Id::ALL {
            let said = explain(*id);
            assert!(said.why.ends_with('.') && said.mend.ends_with('.'), "{id}");
            assert_eq!(said.wrong.is_empty(), said.right.is_empty(), "{id}");
            for text in [said.why, said.wrong, said.right, said.mend] {
                assert!(text.lines().all(|l| l.chars().count() <= 100 && l.trim_end() == l), "{id}: {text}");
                assert!(!text.ends_with('\n'), "{id}");
            }
        }
    }

    #[test]
    fn no_two_ids_say_the_same() {
        let whys: BTreeSet<&str> = Id::ALL.iter().map(|id| explain(*id).why).collect();
        let mends: BTreeSet<&str> = Id::ALL.iter().map(|id| explain(*id).mend).collect();
        assert_eq!((whys.len(), mends.len()), (Id::ALL.len(), Id::ALL.len()));
    }

    #[test]
    fn the_snippets_of_dockerfiles_can_be_read() {
        for id in Id::ALL.iter().filter(|id| **id != Id::DOC002) {
            let said = explain(*id);
            for text in [said.wrong, said.right] {
                let first = text.split(' ').next().unwrap_or_default();
                if !["ADD", "ARG", "COPY", "FROM", "RUN"].contains(&first) {
                    continue;
                }
                let head = if text.starts_with("FROM") || text.contains("\nFROM") { "" } else { "FROM a\n" };
                let file = crate::dockerfile::Dockerfile::parse("Dockerfile", format!("{head}{text}\n").into_bytes());
                assert!(file.is_ok(), "{id}: {text}");
            }
        }
    }
}
