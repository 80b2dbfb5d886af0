//! The parts of package.json that yarn takes packages from.

use jsonc_parser::ast::{Object, ObjectProp, Value};

use crate::model::{Trouble, quoted};

use super::json::{self, FAULTS, Source};
use super::{DEPENDENCIES, Dependency, Package, RESOLUTIONS, Resolution, Section};

/// The scripts that yarn runs on a package that it has from git, or on any.
const LIFECYCLE: [&str; 7] = ["preinstall", "install", "postinstall", "prepublish", "prepare", "prepack", "postpack"];

pub(super) fn package(file: &str, bytes: Vec<u8>) -> Result<Package, Vec<Trouble>> {
    let text = json::text(file, &bytes).map_err(|t| vec![t])?;
    let offset = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let source = Source::new(file, text);
    let object = json::object(&source, offset).map_err(|t| vec![t])?;
    let troubles = json::doubles(&source, offset, &object);
    let mut reader = Reader { source: &source, offset, troubles };
    let mut package = reader.read(&object);
    let troubles = reader.troubles;
    if !troubles.is_empty() {
        return Err(troubles);
    }
    package.bytes = bytes;
    Ok(package)
}

struct Reader<'a> {
    source: &'a Source<'a>,
    offset: usize,
    troubles: Vec<Trouble>,
}

impl Reader<'_> {
    fn read(&mut self, object: &Object<'_>) -> Package {
        let text = |key: &str| object.get_string(key).map(|s| s.value.clone().into_owned());
        let mut package = Package {
            file: self.source.file.to_owned(),
            name: text("name"),
            version: text("version"),
            private: object.get_boolean("private").is_some_and(|b| b.value),
            dependencies: Vec::new(),
            resolutions: Vec::new(),
            workspaces: Vec::new(),
            package_manager: text("packageManager"),
            optional_meta: Vec::new(),
            bundled: Vec::new(),
            lifecycle: Vec::new(),
            bytes: Vec::new(),
        };
        for property in &object.properties {
            match property.name.as_str() {
                "dependencies" => self.section(property, Section::Normal, &mut package),
                "devDependencies" => self.section(property, Section::Dev, &mut package),
                "optionalDependencies" => self.section(property, Section::Optional, &mut package),
                "peerDependencies" => self.section(property, Section::Peer, &mut package),
                "resolutions" => self.resolutions(property, &mut package),
                "workspaces" => self.workspaces(property, &mut package),
                "dependenciesMeta" => optional_meta(property, &mut package),
                "bundledDependencies" | "bundleDependencies" => bundled(property, &mut package),
                "scripts" => lifecycle(property, &mut package),
                _ => {}
            }
        }
        package
    }

    fn report(&mut self, value: &impl jsonc_parser::common::Ranged, message: String, expected: &str) {
        if self.troubles.len() < FAULTS {
            let place = self.source.place(self.span(value));
            self.troubles.push(Trouble::new(message).at(place).expected(expected));
        }
    }

    fn span(&self, value: &impl jsonc_parser::common::Ranged) -> std::ops::Range<usize> {
        self.offset + value.start()..self.offset + value.end()
    }

    /// The items of an object of strings.
    fn strings<'a>(
        &mut self,
        property: &'a ObjectProp<'_>,
        cap: usize,
    ) -> Vec<(&'a str, String, std::ops::Range<usize>)> {
        let key = property.name.as_str();
        let Value::Object(object) = &property.value else {
            // Both yarns pass over a section that is null.
            if !matches!(property.value, Value::NullKeyword(_)) {
                self.report(&property.value, format!("`{key}` is no object"), "{ \"name\": \"range\" }");
            }
            return Vec::new();
        };
        if object.properties.len() > cap {
            self.report(&property.name, format!("`{key}` has more items than are read"), "fewer");
            return Vec::new();
        }
        let mut items = Vec::with_capacity(object.properties.len());
        for item in &object.properties {
            match &item.value {
                Value::StringLit(range) => {
                    items.push((item.name.as_str(), range.value.clone().into_owned(), self.span(range)));
                }
                other => {
                    let message = format!("the range of {} in `{key}` is no string", quoted(item.name.as_str()));
                    self.report(other, message, "a string");
                }
            }
        }
        items
    }

    fn section(&mut self, property: &ObjectProp<'_>, section: Section, package: &mut Package) {
        let cap = DEPENDENCIES.saturating_sub(package.dependencies.len());
        for (name, range, span) in self.strings(property, cap) {
            let place = self.source.place(span.clone());
            package.dependencies.push(Dependency { section, name: name.to_owned(), range, place, span });
        }
    }

    fn resolutions(&mut self, property: &ObjectProp<'_>, package: &mut Package) {
        for (pattern, range, span) in self.strings(property, RESOLUTIONS) {
            let place = self.source.place(span.clone());
            package.resolutions.push(Resolution { pattern: pattern.to_owned(), range, place, span });
        }
    }

    fn workspaces(&mut self, property: &ObjectProp<'_>, package: &mut Package) {
        let globs = match &property.value {
            Value::Array(globs) => globs,
            // `{ nohoist: […] }` alone names no package.
            Value::Object(object) => match object.get("packages").map(|p| &p.value) {
                Some(Value::Array(globs)) => globs,
                Some(other) => return self.report(other, "`workspaces.packages` is no list".to_owned(), "[ … ]"),
                None => return,
            },
            Value::NullKeyword(_) => return,
            other => return self.report(other, "`workspaces` is no list".to_owned(), "[ … ]"),
        };
        for glob in &globs.elements {
            match glob {
                Value::StringLit(glob) => package.workspaces.push(glob.value.clone().into_owned()),
                other => self.report(other, "a glob of `workspaces` is no string".to_owned(), "a string"),
            }
        }
    }
}

fn optional_meta(property: &ObjectProp<'_>, package: &mut Package) {
    let Value::Object(object) = &property.value else { return };
    for item in &object.properties {
        if let Value::Object(meta) = &item.value
            && meta.get_boolean("optional").is_some_and(|b| b.value)
        {
            package.optional_meta.push(item.name.as_str().to_owned());
        }
    }
    package.optional_meta.sort();
}

fn bundled(property: &ObjectProp<'_>, package: &mut Package) {
    if let Value::Array(names) = &property.value {
        let names = names.elements.iter().filter_map(Value::as_string_lit);
        package.bundled.extend(names.map(|n| n.value.clone().into_owned()));
    }
}

fn lifecycle(property: &ObjectProp<'_>, package: &mut Package) {
    if let Value::Object(scripts) = &property.value {
        let names = scripts.properties.iter().map(|s| s.name.as_str());
        package.lifecycle.extend(names.filter(|n| LIFECYCLE.contains(n)).map(str::to_owned));
    }
}
