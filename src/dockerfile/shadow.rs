//! ARG001: what makes the build use another value than the pinned one.
//!
//! For `verify`. Docker documents that ENV always wins over ARG of the same name, in a stage and
//! in those that build on it; recent BuildKit lets the last of them win. Both are told, since either
//! way the pin is not what it seems. An ONBUILD is read as what a child in this file begins with.

use super::lex::Var;
use super::locate::Located;
use super::parse::Dockerfile;
use super::scope::Assignment;
use crate::model::{Trouble, quoted};

/// The instructions that override the ARG or ENV that holds a pinned value, or set its name to
/// something else later, or may do so behind a variable. Nothing for other sites.
#[must_use]
pub fn shadows(file: &Dockerfile, located: &Located) -> Vec<Trouble> {
    let Some((which, pinned)) = located.assignment.and_then(|i| Some((i, file.assignments().get(i)?))) else {
        return Vec::new();
    };
    let reach = Reach::of(file, pinned);
    let mut out = Vec::new();
    for (index, other) in file.assignments().iter().enumerate() {
        if index == which || !other.sets(&pinned.name) || !reach.overrides(pinned, other, index > which) {
            continue;
        }
        // `ARG NAME` of which nothing is known before the first FROM sets nothing
        let Some(worth) = &other.worth else { continue };
        let value = if other.name == pinned.name { worth.clone() } else { Var::Unknown };
        if value == Var::Set(located.value.clone()) {
            continue;
        }
        let Some(instruction) = file.instructions().get(other.instruction) else {
            continue;
        };
        let kind = if other.env { "ENV" } else { "ARG" };
        let found = match value {
            _ if other.name != pinned.name => format!("a name that may be {}", quoted(&pinned.name)),
            Var::Set(value) => quoted(&value),
            _ => "a value that is known only when the image is built".to_owned(),
        };
        out.push(
            Trouble::new(format!(
                "{kind} {} overrides the pinned value of line {}",
                quoted(&other.name),
                located.place.line
            ))
            .at(file.place_in(instruction, other.range.clone()))
            .expected(quoted(&located.value))
            .found(found),
        );
    }
    out
}

/// The stages that matter to a pinned value.
struct Reach {
    /// Those where it is used: its own, or for one before the first FROM, each that declares it again.
    used: Vec<bool>,
    /// Those that these build on.
    below: Vec<bool>,
    /// For an ONBUILD: those that build on its stage.
    children: Vec<bool>,
}

impl Reach {
    fn of(file: &Dockerfile, pinned: &Assignment) -> Self {
        let stages = file.stages();
        let none = || vec![false; stages.len()];
        let (mut used, mut below, mut children) = (none(), none(), none());
        let mark = |all: &mut Vec<bool>, index: usize| match all.get_mut(index) {
            Some(seen) => !std::mem::replace(seen, true),
            None => false,
        };
        let mut triggering = none();
        match pinned.stage {
            Some(stage) => {
                mark(&mut used, stage);
            }
            None => {
                let declares = |a: &&Assignment| !a.env && a.sets(&pinned.name);
                for (stage, onbuild) in
                    file.assignments().iter().filter(declares).filter_map(|a| Some((a.stage?, a.onbuild)))
                {
                    mark(if onbuild { &mut triggering } else { &mut used }, stage);
                }
            }
        }
        for stage in stages {
            let Some(parent) = stage.parent else { continue };
            if pinned.onbuild && pinned.stage == Some(parent) {
                mark(&mut children, stage.index);
            }
            if triggering.get(parent) == Some(&true) {
                mark(&mut used, stage.index);
            }
        }
        for start in used.iter().enumerate().filter(|(_, u)| **u).map(|(index, _)| index) {
            let mut stage = stages.get(start).and_then(|s| s.parent);
            while let Some(index) = stage.filter(|s| mark(&mut below, *s)) {
                stage = stages.get(index).and_then(|s| s.parent);
            }
        }
        Self { used, below, children }
    }

    fn overrides(&self, pinned: &Assignment, other: &Assignment, later: bool) -> bool {
        let within = |all: &[bool]| other.stage.is_some_and(|s| all.get(s) == Some(&true));
        let own = within(&self.used);
        match pinned.stage {
            // before the first FROM: a later default, and what stages make of the name
            None if other.stage.is_none() => later,
            // `ARG NAME` in a stage takes the pinned value itself
            None => other.value.is_some() && (within(&self.below) || own && !other.onbuild),
            // what runs in the same build as the pinned value, or below it
            Some(_) if own && other.onbuild == pinned.onbuild => later || (other.env && !pinned.env),
            // the ONBUILD of a stage is not for the stage itself
            Some(_) if own && other.onbuild => false,
            Some(_) if own || within(&self.below) => other.env && !pinned.env,
            Some(_) => within(&self.children) && !other.onbuild,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Site, StageSel, Target, locate};
    use super::*;

    fn lines(text: &str, stage: StageSel, target: Target) -> Vec<usize> {
        let file = Dockerfile::parse("Dockerfile", text.as_bytes().to_vec()).unwrap();
        let site = Site { file: None, stage: Some(stage), platform: None, target, value: None, all: true };
        let located = locate(&file, &site).unwrap().remove(0);
        let found = shadows(&file, &located);
        found.into_iter().map(|t| t.place.unwrap().line).collect()
    }

    const NONE: [usize; 0] = [];

    fn arg(text: &str, stage: usize) -> Vec<usize> {
        lines(text, StageSel::Index(stage), Target::Arg("V".to_owned()))
    }

    #[test]
    fn env_in_the_stage_or_in_one_it_builds_on_overrides_an_arg() {
        assert_eq!(arg("FROM a\nENV V=2\nARG V=1\n", 0), [2]);
        assert_eq!(arg("FROM a\nARG V=1\nENV V=2\n", 0), [3]);
        assert_eq!(arg("FROM a AS a\nENV V=2\nFROM a AS b\nFROM b\nARG V=1\n", 2), [2]);
        let child = "FROM a AS a\nARG V=1\nFROM a\nENV V=2\n";
        assert_eq!(arg(child, 0), NONE, "a stage that builds on it is another");
        assert_eq!(arg("FROM a\nENV V=2\nFROM a\nARG V=1\n", 1), NONE);
    }

    #[test]
    fn a_later_default_overrides() {
        assert_eq!(arg("FROM a\nARG V=1\nARG V=2\n", 0), [3]);
        assert_eq!(arg("FROM a\nARG V=1\nARG V=1\nARG V\n", 0), NONE);
        assert_eq!(arg("ARG V=0\nFROM a\nARG V=1\nARG V\n", 0), [4]);
        let env = "FROM a\nENV V=1\nENV V 2\nARG V=3\n";
        let target = Target::Env("V".to_owned());
        assert_eq!(lines(env, StageSel::Index(0), target), [3, 4]);
    }

    #[test]
    fn an_earlier_default_overrides_nothing() {
        for text in ["ARG V=2\nARG V=1\nFROM a\n", "FROM a\nENV V=2\nENV V=1\n"] {
            let file = Dockerfile::parse("Dockerfile", text.as_bytes().to_vec()).unwrap();
            let last = super::super::assigned(&file, 1).unwrap();
            assert_eq!(shadows(&file, &last), [], "{text}");
        }
    }

    #[test]
    fn handing_the_value_on_is_no_shadow() {
        assert_eq!(arg("FROM a\nARG V=1\nENV V=$V\n", 0), NONE);
        assert_eq!(arg("FROM a\nARG V=1\nENV V=\"${V}\" W=2\n", 0), NONE);
        assert_eq!(arg("FROM a\nENV V=$TARGETARCH\nARG V=1\n", 0), [2]);
    }

    #[test]
    fn a_global_arg_is_shadowed_where_a_stage_declares_it_with_another_default() {
        let global = |text| lines(text, StageSel::Global, Target::Arg("V".to_owned()));
        assert_eq!(global("ARG V=1\nFROM a\nARG V=2\n"), [3]);
        assert_eq!(global("ARG V=1\nFROM a\nARG V\nFROM b\nENV V=2\n"), NONE);
        assert_eq!(global("ARG V=1\nFROM a\nARG V\nENV V=2\n"), [4]);
        assert_eq!(global("ARG V=1\nARG V=2\nFROM a\nARG V\n"), [2]);
    }

    #[test]
    fn an_env_is_overridden_by_a_later_arg_of_its_stage() {
        let env = |text| lines(text, StageSel::Index(0), Target::Env("V".to_owned()));
        assert_eq!(env("FROM a\nENV V=1\nARG V=2\n"), [3]);
        assert_eq!(env("ARG V=2\nFROM a\nENV V=1\nARG V\n"), [4]);
        assert_eq!(env("FROM a\nENV V=1\nARG V\n"), NONE);
        assert_eq!(env("FROM a\nARG V=2\nENV V=1\n"), NONE);
        assert_eq!(env("FROM a\nENV V=1\nARG V=$V\n"), NONE);
    }

    #[test]
    fn an_env_whose_name_stands_behind_a_variable_overrides_what_it_may_be() {
        assert_eq!(arg("FROM a\nARG N=V\nARG V=1\nENV $N=2\n", 0), [4]);
        assert_eq!(arg("FROM a\nARG N=V\nARG V=1\nENV $N 2\n", 0), [4]);
        assert_eq!(arg("FROM a\nARG N=W\nARG V=1\nENV $N=2\n", 0), NONE);
        assert_eq!(arg("FROM a\nARG V=1\nENV ${U}V=2\n", 0), [3]);
        assert_eq!(arg("FROM a\nARG V=1\nENV $U=1\n", 0), [3], "perhaps another name takes the pin's value");
        assert_eq!(arg("FROM a\nARG V=1\nENV ${U:-x}=2\n", 0), [3]);
        assert_eq!(arg("FROM a\nARG V=1\nENV ${U?x}=2\n", 0), [3]);
        assert_eq!(arg("FROM a\nARG V=1\nENV W$U=2 ${U}W=2 V_${U}=2\n", 0), NONE);
        assert_eq!(arg("FROM a\nARG V=1\nENV \"V\"=2\n", 0), [3]);
    }

    #[test]
    fn an_arg_in_quotes_may_be_the_pinned_one() {
        for name in ["'V'", "\"V\"", "\\V", "V\"\"", "$V", "`V"] {
            assert_eq!(arg(&format!("FROM a\nARG V=1\nARG {name}=2\n"), 0).len(), usize::from(name != "`V"), "{name}");
        }
    }

    #[test]
    fn an_onbuild_is_overridden_by_what_a_child_runs_with_it() {
        assert_eq!(arg("FROM a\nONBUILD ARG V=1\nONBUILD ENV V=2\n", 0), [3]);
        assert_eq!(arg("FROM a\nONBUILD ENV V=2\nONBUILD ARG V=1\n", 0), [2]);
        assert_eq!(arg("FROM a\nONBUILD ARG V=1\nONBUILD ARG V=2\n", 0), [3]);
        assert_eq!(arg("FROM a AS f\nONBUILD ARG V=1\nFROM f AS g\nENV V=2\n", 0), [4]);
        assert_eq!(arg("FROM a AS f\nONBUILD ARG V=1\nFROM f AS g\nARG V=2\n", 0), [4]);
        assert_eq!(arg("FROM a AS f\nONBUILD ARG V=1\nFROM f AS g\nENV V=$V\n", 0), NONE);
        assert_eq!(arg("FROM a AS f\nENV V=2\nONBUILD ARG V=1\n", 0), [2]);
        assert_eq!(arg("FROM a AS f\nONBUILD ARG V=1\nFROM a AS g\nENV V=2\n", 0), NONE);
    }

    #[test]
    fn the_onbuild_of_a_stage_below_overrides() {
        assert_eq!(arg("FROM a AS p\nONBUILD ENV V=2\nFROM p AS f\nARG V=1\n", 1), [2]);
        assert_eq!(arg("FROM a AS p\nONBUILD ENV V=2\nFROM p AS q\nFROM q\nARG V=1\n", 2), [2]);
        let global = |text| lines(text, StageSel::Global, Target::Arg("V".to_owned()));
        assert_eq!(global("ARG V=1\nFROM a AS p\nONBUILD ARG V\nFROM p\nENV V=2\n"), [5]);
        assert_eq!(global("ARG V=1\nFROM a AS p\nONBUILD ARG V=2\nFROM p\n"), [3]);
        assert_eq!(global("ARG V=1\nFROM a AS p\nONBUILD ENV V=2\nFROM p\nARG V\n"), [3]);
    }

    #[test]
    fn onbuild_shadows_nothing_here() {
        assert_eq!(arg("FROM a\nARG V=1\nONBUILD ENV V=2\n", 0), NONE);
    }
}
