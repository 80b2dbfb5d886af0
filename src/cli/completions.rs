//! `dubo-pin completions`: of the command line as it is defined.

use clap::{CommandFactory as _, ValueEnum as _};
use clap_complete::Shell as Language;

use crate::model::Class;
use crate::ui::Shell;

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  dubo-pin completions bash > ~/.local/share/bash-completion/completions/dubo-pin
  dubo-pin completions zsh > ~/.zfunc/_dubo-pin
  dubo-pin completions fish > ~/.config/fish/completions/dubo-pin.fish

For zsh, ~/.zfunc is to be in fpath before compinit is called.")]
pub(super) struct Args {
    /// bash, zsh, fish, elvish or powershell
    #[arg(value_name = "SHELL", value_parser = language, hide_possible_values = true)]
    language: Language,
}

fn language(text: &str) -> Result<Language, String> {
    let known = "bash, zsh, fish, elvish or powershell is expected";
    Language::from_str(text, false).map_err(|_| known.to_owned())
}

/// What bash's functions are named after: clap_complete 4.6 names those of a verb in two ways where the
/// program has a hyphen, and then completes no option.
const PLAIN: &str = "dubopin";

pub(super) fn run(args: &Args, shell: &Shell) -> u8 {
    let mut text = Vec::new();
    let mut command = super::Cli::command();
    let name = if args.language == Language::Bash { PLAIN } else { "dubo-pin" };
    clap_complete::generate(args.language, &mut command, name, &mut text);
    let text = String::from_utf8_lossy(&text).replace(" default dubopin\n", " default dubo-pin\n");
    shell.raw(&text).map_or(Class::Undone.code(), |()| 0)
}
