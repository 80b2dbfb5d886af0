//! Git repositories in RUN that no pin covers.

use super::Told;
use super::held::Held;
use crate::dockerfile::Dockerfile;
use crate::dockerfile::checkout::Checkout;
use crate::model::quoted;

pub(super) fn checkout(held: &Held<'_>, file: &Dockerfile, checkout: &Checkout) -> Option<Told> {
    if checkout.assignment.is_some_and(|a| held.gives("git", &["commit"], file, a)) {
        return None;
    }
    let repository = match &checkout.repository {
        Some(repository) => quoted(&repository.text()),
        None => "a repository".to_owned(),
    };
    let Some(reference) = &checkout.reference else {
        let message = format!("git takes {repository} at whatever its HEAD is, which no pin covers");
        return Some(Told::rewrite(
            message,
            "write the commit into an ARG and check it out, so that a pin can hold it: `dubo-pin init` adds one",
        ));
    };
    let message = format!("git takes {repository} at {}, which no pin covers", quoted(&reference.text()));
    Some(if checkout.assignment.is_some() {
        Told::unpinned(message)
    } else {
        Told::rewrite(message, "write the commit into an ARG of its own, so that a pin can hold it")
    })
}
