//! `yarn = "dockerfile"`: `yarn add` lines of a Dockerfile that take from git.

use crate::support::program::Work;
use crate::support::yarn::{Hub, Repository};

use super::verify;

struct Bench {
    hub: Hub,
    work: Work,
    homebridge: Repository,
    first: String,
}

impl Bench {
    fn new(dockerfile: &str) -> Option<Self> {
        if !super::git() {
            return None;
        }
        let hub = Hub::start();
        let homebridge = hub.repository("dubo/homebridge");
        let first = homebridge.commit("main", &super::homebridge("1.0.0"));
        homebridge.annotated("v1.0.0", &first);
        let work = Work::new();
        work.write("Dockerfile", dockerfile);
        work.write("pins.toml", "version = 1\n\n[pins.app]\nyarn = \"dockerfile\"\n");
        Some(Self { hub, work, homebridge, first })
    }

    #[track_caller]
    fn run(&self, arguments: &[&str]) -> crate::support::program::Ran {
        self.hub.run(&self.work, arguments)
    }
}

fn dockerfile(reference: &str) -> String {
    format!(
        "FROM scratch AS build\nARG HOMEBRIDGE_VERSION={reference}\nRUN --mount=type=cache,target=/x \\\n  yarnpkg add \"git://github.com/dubo/homebridge.git#${{HOMEBRIDGE_VERSION}}\" --production\n"
    )
}

#[test]
fn the_arg_of_a_yarn_add_line_is_pinned_and_the_way_to_a_locked_folder_is_told() {
    let Some(bench) = Bench::new(&dockerfile("v1.0.0")) else { return };
    let ran = bench.run(&["refresh"]).code(0);
    assert_eq!(bench.work.read("Dockerfile"), dockerfile(&bench.first));
    // The advice: a folder with package.json and yarn.lock.
    for word in ["package.json", "yarn.lock", "--frozen-lockfile"] {
        assert!(ran.all().contains(word), "{word}: {}", ran.all());
    }
    verify(&bench.work).code(0);
    let before = bench.work.tree();
    bench.run(&["refresh"]).code(0);
    assert!(before == bench.work.tree());
}

#[test]
fn a_branch_is_followed_and_a_moved_arg_is_found() {
    let Some(bench) = Bench::new(&dockerfile("main")) else { return };
    bench.run(&["refresh"]).code(0);
    assert_eq!(bench.work.read("Dockerfile"), dockerfile(&bench.first));
    let next = bench.homebridge.commit("main", &super::homebridge("1.1.0"));
    bench.run(&["outdated"]).code(1).says("newer");
    bench.run(&["refresh"]).code(0);
    assert_eq!(bench.work.read("Dockerfile"), dockerfile(&next));
    verify(&bench.work).code(0);
    bench.work.write("Dockerfile", dockerfile(&bench.first));
    verify(&bench.work).code(1).says("YARN004").says("Dockerfile:").says(&next);
}

#[test]
fn several_lines_and_packages_each_have_their_value() {
    let text = |a: &str, b: &str| {
        format!(
            "FROM scratch\nARG A={a}\nENV B={b}\nRUN yarn add --exact dubo/homebridge#$A 'git+https://github.com/dubo/plugin.git#'\"$B\"\n"
        )
    };
    let Some(bench) = Bench::new(&text("v1.0.0", "main")) else { return };
    let plugin = bench.hub.repository("dubo/plugin");
    let id = plugin.commit("main", &crate::support::yarn::Package::new("plugin", "0.1.0"));
    bench.run(&["refresh"]).code(0);
    assert_eq!(bench.work.read("Dockerfile"), text(&bench.first, &id));
    verify(&bench.work).code(0);
}

#[test]
fn a_package_that_is_not_pinned_is_found() {
    let Some(bench) = Bench::new(&dockerfile("v1.0.0")) else { return };
    bench.run(&["refresh"]).code(0);
    let good = bench.work.read("Dockerfile");
    // What a registry serves is another matter than what moves in git: a note.
    for (code, line) in [
        (0, "RUN yarn add left-pad"),
        (0, "RUN yarn add left-pad@^1.3.0"),
        (1, "RUN yarn global add git+https://github.com/dubo/homebridge.git#main"),
        (1, "RUN yarnpkg add dubo/plugin"),
    ] {
        bench.work.write("Dockerfile", format!("{good}{line}\n"));
        let ran = verify(&bench.work).code(code);
        assert!(code == 1 || ran.all().contains("YARN015"), "{}", ran.all());
        ran.says("Dockerfile:5:");
    }
    for line in ["RUN yarn add $(cat list)", "ARG X\nRUN yarn add git+https://github.com/dubo/homebridge.git#$X"] {
        bench.work.write("Dockerfile", format!("{good}{line}\n"));
        verify(&bench.work).says("YARN016").says("Dockerfile:");
    }
}

#[test]
fn a_tag_that_moved_is_an_alarm_here_too() {
    let Some(bench) = Bench::new(&dockerfile("v1.0.0")) else { return };
    bench.run(&["refresh"]).code(0);
    let before = bench.work.tree();
    let evil = bench.homebridge.commit("main", &super::homebridge("1.0.0").says("evil"));
    bench.homebridge.annotated("v1.0.0", &evil);
    bench.run(&["refresh"]).code(3).says("v1.0.0");
    bench.run(&["outdated"]).code(3);
    bench.run(&["refresh", "--locked"]).code(3);
    assert!(before == bench.work.tree());
}

#[test]
fn a_dockerfile_without_such_lines_is_told() {
    let Some(bench) = Bench::new("FROM scratch\n") else { return };
    bench.run(&["refresh"]).code(2).says("yarn");
    assert!(!bench.work.image().join("pins.lock").exists());
}
