//! Credential helpers that the user's or the system's git configuration names, asked in its order.
//!
//! For `remote::credentials`. Nothing is prompted for, stored or erased; a helper that takes too
//! long is ended. A repository's configuration is never among the files.

use std::time::Duration;

use gix::credentials::helper::Action;
use gix::credentials::protocol::Context;
use url::Url;

use super::process;
use super::sources::{Account, CredentialSources};
use crate::remote::error::flat;

const PATIENCE: Duration = Duration::from_secs(60);
const ANSWER: u64 = 64 * 1024;

/// Asks the helpers for a URL; an error says in words where it was looked in vain.
pub(in crate::remote) fn ask_helpers(sources: &CredentialSources, url: &Url) -> Result<Account, String> {
    let files: Vec<_> = sources.git_configs.iter().filter(|p| p.is_file()).cloned().collect();
    let unread = |e: gix::Error| format!("git's configuration cannot be read ({})", flat(&e));
    let options = gix::config::file::init::Options {
        includes: gix::config::file::includes::Options::follow_without_conditional(sources.home.as_deref()),
        ..Default::default()
    };
    let metas = files.into_iter().map(|path| {
        let meta = gix::config::file::Metadata::from(gix::config::Source::User);
        meta.at(path)
    });
    let config = gix::config::File::from_paths_metadata(metas, options).map_err(unread)?;
    let Some(config) = config else {
        return Err("git has no credential helper".to_owned());
    };
    let mut origin = url.clone();
    origin.set_query(None);
    let target = gix::url::parse(origin.as_str()).map_err(unread)?;
    let (cascade, action, _) = gix::config::credential_helpers(
        target,
        &config,
        true,
        |_| true,
        gix::open::permissions::Environment::isolated(),
        false,
    )
    .map_err(unread)?;
    let Action::Get(mut context) = action else {
        return Err("git has no credential helper".to_owned());
    };
    context.destructure_url_in_place(cascade.use_http_path).map_err(unread)?;
    context.url = None;
    let count = cascade.programs.len();
    let mut trouble = None;
    for program in cascade.programs {
        match ask(&program, &context) {
            Ok(answer) => {
                context.username = answer.username.or(context.username);
                context.password = answer.password.or(context.password);
                if answer.quit == Some(true) {
                    break;
                }
            }
            Err(why) => trouble = Some(why),
        }
        if let (Some(login), Some(password)) = (&context.username, &context.password) {
            return Ok(Account {
                login: login.clone(),
                password: password.clone(),
                source: "git's credential helper".to_owned(),
            });
        }
    }
    Err(match (count, trouble) {
        (0, _) => "git has no credential helper".to_owned(),
        (_, Some(why)) => format!("git's credential helper failed ({why})"),
        (_, None) => "git's credential helper knows none".to_owned(),
    })
}

fn ask(program: &gix::credentials::Program, context: &Context) -> Result<Context, String> {
    let mut input = Vec::new();
    context.write_to(&mut input).map_err(|e| flat(&e))?;
    input.push(b'\n');
    let action = Action::Get(context.clone());
    let mut command = program.to_command(&action).map_err(|e| flat(&e))?;
    process::tame(&mut command);
    let output = process::run(command, &input, ANSWER, PATIENCE)?;
    // The library's own text would quote the line, and with it a password.
    Context::from_bytes(&output, context.options).map_err(|_| "its answer cannot be read".to_owned())
}
