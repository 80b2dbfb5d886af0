//! What of README.md can be played: files to lay, commands to type and what they are said to answer.

use super::session::Said;

/// One thing of a section, in the order of the text.
pub enum Part {
    /// A fenced block whose first line names it: `# dns/Dockerfile`.
    File { path: String, content: String },
    /// A line that begins with `$ ` in a `console` block, with those that go on with `> `, and what stands
    /// below it.
    Typed { command: String, shown: String, line: usize },
}

/// README.md.
pub struct Page<'a> {
    text: &'a str,
    sections: Vec<(String, Vec<Part>)>,
}

impl<'a> Page<'a> {
    pub fn read(text: &'a str) -> Self {
        let mut sections: Vec<(String, Vec<Part>)> = vec![(String::new(), Vec::new())];
        let mut fence: Option<(&str, Vec<(usize, &str)>)> = None;
        for (at, line) in text.lines().enumerate() {
            match (&mut fence, line.strip_prefix("```")) {
                (None, Some(info)) => fence = Some((info, Vec::new())),
                (Some((info, block)), Some("")) => {
                    parts(info, block, &mut sections.last_mut().unwrap().1);
                    fence = None;
                }
                (Some((_, block)), _) => block.push((at, line)),
                (None, None) => {
                    if let Some(title) = line.strip_prefix("## ") {
                        sections.push((title.to_owned(), Vec::new()));
                    }
                }
            }
        }
        assert!(fence.is_none(), "README.md ends within a block");
        Self { text, sections }
    }

    /// What a section has to play.
    pub fn section(&self, title: &str) -> &[Part] {
        let found = self.sections.iter().find(|(t, _)| t == title);
        &found.unwrap_or_else(|| panic!("README.md has no section {title:?}")).1
    }

    /// The files of a section before its first command: what its reader has already.
    pub fn first_files(&self, title: &str) -> Vec<(String, String)> {
        let files = self.section(title).iter().map_while(|part| match part {
            Part::File { path, content } => Some((path.clone(), content.clone())),
            Part::Typed { .. } => None,
        });
        files.collect()
    }

    /// The text with what was really said, in the order of its lines.
    pub fn with(&self, said: &[Said]) -> String {
        let lines: Vec<&str> = self.text.lines().collect();
        let (mut out, mut at) = (String::new(), 0);
        for said in said {
            let above = said.line - 1 + said.command.lines().count();
            let below = above + said.shown.lines().count();
            out.extend(lines[at..above].iter().map(|l| format!("{l}\n")));
            out += &said.really;
            at = below;
        }
        out.extend(lines[at..].iter().map(|l| format!("{l}\n")));
        out
    }
}

fn parts(info: &str, block: &[(usize, &str)], out: &mut Vec<Part>) {
    if info == "console" {
        for (at, line) in block {
            if let Some(command) = line.strip_prefix("$ ") {
                out.push(Part::Typed { command: command.to_owned(), shown: String::new(), line: at + 1 });
                continue;
            }
            let Some(Part::Typed { command, shown, .. }) = out.last_mut() else { panic!("line {}", at + 1) };
            match line.strip_prefix("> ") {
                Some(more) if shown.is_empty() => *command += &format!("\n{more}"),
                _ => *shown += &format!("{line}\n"),
            }
        }
        return;
    }
    let head = block.first().and_then(|(_, line)| line.strip_prefix("# "));
    if let Some(path) = head.filter(|path| !path.contains(' ') && path.contains(['.', '/'])) {
        let content = block[1..].iter().map(|(_, line)| format!("{line}\n")).collect();
        out.push(Part::File { path: path.to_owned(), content });
    }
}
