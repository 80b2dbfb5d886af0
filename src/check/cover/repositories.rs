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
        if by_empty(held, file, checkout) {
            return None;
        }
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

/// Whether a site gives an ARG that the RUN uses and that is empty as yet: the first refresh writes it.
fn by_empty(held: &Held<'_>, file: &Dockerfile, checkout: &Checkout) -> bool {
    let text = file.instructions().get(checkout.instruction).map(|i| i.line.text()).unwrap_or_default();
    held.of("git", &["commit"], file).filter(|placed| placed.at.value.is_empty()).any(|placed| {
        let assignment = placed.at.assignment.and_then(|a| Some((a, file.assignments().get(a)?)));
        assignment.is_some_and(|(index, assignment)| {
            let name = assignment.name.as_str();
            let used = |form: String| memchr::memmem::find(text, form.as_bytes()).is_some();
            held.giver(file, (checkout.stage, checkout.instruction), name) == Some(index)
                && (used(format!("${name}")) || used(format!("${{{name}")))
        })
    })
}
