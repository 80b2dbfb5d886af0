//! The ground itself: what the servers of the test give, real yarn installs.

use crate::support::have;
use crate::support::program::Work;
use crate::support::yarn::{Fault, Hub, Package, installed};

#[test]
fn each_yarn_locks_and_installs_from_the_servers_of_the_test() {
    if !have("git") {
        return;
    }
    let hub = Hub::start();
    hub.registry.publish(&Package::new("left-a", "1.1.0").needs("@scope/b", "^2.0.0"));
    hub.registry.publish(&Package::new("@scope/b", "2.0.1"));
    let repository = hub.repository("dubo/homebridge");
    let first = repository.commit("main", &Package::new("homebridge", "1.0.0").needs("left-a", "^1.0.0"));
    let object = repository.annotated("v1.0.0", &first);
    assert!(object != first);
    for yarn in installed() {
        let work = Work::new();
        let folder = work.image();
        let spec = "git+https://github.com/dubo/homebridge.git#v1.0.0";
        yarn.write_project(&folder, &hub.registry.url(), &[("homebridge", spec)]);
        let ran = yarn.install(&hub, &folder, &[]).code(0);
        let lock = work.read("yarn.lock");
        // Berry writes the tag object of an annotated tag, yarn 1 the commit.
        let id = if yarn.berry() { &object } else { &first };
        assert!(lock.contains(id.as_str()), "{yarn:?} {}\n{lock}\n{object} {first}", ran.all());
        assert_eq!(yarn.says(&folder, "homebridge"), "homebridge 1.0.0");
        assert_eq!(yarn.says(&folder, "@scope/b"), "@scope/b 2.0.1");
        let before = work.read("yarn.lock");
        std::fs::remove_dir_all(folder.join("node_modules")).unwrap();
        yarn.install(&hub, &folder, yarn.frozen()).code(0);
        assert_eq!(work.read("yarn.lock"), before);
        assert_eq!(yarn.says(&folder, "left-a"), "left-a 1.1.0");
        if let Some(ran) = yarn.offline_install(&folder, &["--force"][..usize::from(!yarn.berry())]) {
            // Berry has its cache in the folder, but not what a git clone needs; yarn 1 has nothing.
            assert_eq!(ran.code == Some(0), yarn.berry(), "{}", ran.all());
        }
    }
}

#[test]
fn a_tarball_that_was_exchanged_is_refused_by_each_yarn() {
    let hub = Hub::start();
    hub.registry.publish_all(&[("left-a", "1.0.0")]);
    for yarn in installed() {
        let work = Work::new();
        yarn.write_project(&work.image(), &hub.registry.url(), &[("left-a", "^1.0.0")]);
        yarn.install(&hub, &work.image(), &[]).code(0);
        let other = Package::new("left-a", "1.0.0").says("evil").tgz();
        hub.registry.fault("left-a", "1.0.0", Fault::Bytes(other));
        for leftover in ["node_modules", ".yarn"] {
            drop(std::fs::remove_dir_all(work.image().join(leftover)));
        }
        yarn.install(&hub, &work.image(), yarn.frozen()).code(1);
        hub.registry.heal();
    }
}
