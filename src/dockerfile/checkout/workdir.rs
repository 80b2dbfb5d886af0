//! The folder that each RUN begins in: what WORKDIR says, in a stage and in those that it builds on.

use super::super::expand::expand_bytes;
use super::super::instruction::Command;
use super::super::parse::Dockerfile;
use super::super::shell::git::join;

/// The folder before each instruction; `${…}` stays in it where a variable is not known.
pub(super) fn folders(file: &Dockerfile) -> Vec<String> {
    let mut out = Vec::new();
    let mut ends: Vec<String> = vec![String::new(); file.stages().len()];
    let mut now = String::new();
    for (index, instruction) in file.instructions().iter().enumerate() {
        let body = instruction.effective();
        if let (Command::From, Some(stage)) = (body.command, instruction.stage) {
            let parent = file.stages().get(stage).and_then(|s| s.parent);
            now = parent.and_then(|p| ends.get(p)).cloned().unwrap_or_default();
        }
        out.push(now.clone());
        let (Command::Workdir, Some(stage)) = (body.command, instruction.stage) else { continue };
        let word = instruction.line.get(body.args.clone());
        let variables = file.variables();
        let look = |name: &str| variables.at(stage, index, name);
        let to = expand_bytes(word, file.escape(), &look, &variables.steps)
            .unwrap_or_else(|_| String::from_utf8_lossy(word).into_owned());
        now = join(&now, &to);
        if let Some(end) = ends.get_mut(stage) {
            end.clone_from(&now);
        }
    }
    out
}
