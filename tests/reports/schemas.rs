//! What programs read, held against schemas: the official one of SARIF 2.1.0, and our own.

use dubo_pin::ui::Format;
use dubo_pin::ui::report::schema;
use jsonschema::Validator;
use serde_json::{Value, json};

use super::{in_format, scenes};

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn complaints(schema: &Validator, value: &Value) -> Vec<String> {
    schema.iter_errors(value).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

fn ours() -> Validator {
    jsonschema::draft202012::new(&parsed(schema())).unwrap()
}

fn sarif() -> Validator {
    let text = include_str!("../data/reports/sarif-schema-2.1.0.json");
    jsonschema::options().should_validate_formats(true).build(&parsed(text)).unwrap()
}

#[test]
fn our_schema_is_a_schema() {
    assert!(jsonschema::meta::is_valid(&parsed(schema())));
}

#[test]
fn every_report_in_json_is_as_its_schema_says() {
    let ours = ours();
    for scene in scenes::all() {
        let value = parsed(&scene.with(|report| in_format(report, Format::Json)));
        let complaints = complaints(&ours, &value);
        assert!(complaints.is_empty(), "{}: {}", scene.name, complaints.join("\n"));
        assert_eq!(value["members"].as_array().map_or(0, Vec::len), scene.members.len());
    }
}

/// Each object of a report, by its path.
fn objects(value: &Value, path: String, out: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                objects(value, format!("{path}/{key}"), out);
            }
            out.push(path);
        }
        Value::Array(all) => {
            for (at, value) in all.iter().enumerate().take(12) {
                objects(value, format!("{path}/{at}"), out);
            }
        }
        _ => {}
    }
}

#[test]
fn a_key_that_the_schema_does_not_know_fails_and_so_does_one_that_is_left_out() {
    let ours = ours();
    for scene in scenes::all().iter().filter(|s| s.members.len() < 50) {
        let value = parsed(&scene.with(|report| in_format(report, Format::Json)));
        let mut all = Vec::new();
        objects(&value, String::new(), &mut all);
        for path in all {
            let mut more = value.clone();
            more.pointer_mut(&path).unwrap()["surprise"] = json!(1);
            assert!(!ours.is_valid(&more), "{}: {path}/surprise", scene.name);
            let keys: Vec<String> = value.pointer(&path).unwrap().as_object().unwrap().keys().cloned().collect();
            // Without these, what is left is a run that came to nothing.
            let whole = |k: &str| {
                path.is_empty() && k == "members"
                    || keys.iter().any(|k| k == "exit") && !keys.iter().any(|k| k == "applied") && k == "pins"
            };
            for key in keys.iter().filter(|k| !whole(k)) {
                let mut less = value.clone();
                less.pointer_mut(&path).unwrap().as_object_mut().unwrap().remove(key);
                assert!(!ours.is_valid(&less), "{}: {path} without {key}", scene.name);
            }
        }
    }
}

#[test]
fn every_log_is_valid_sarif_and_what_code_scanning_needs_is_there() {
    let sarif = sarif();
    for scene in scenes::all() {
        let log = parsed(&scene.with(|report| in_format(report, Format::Sarif)));
        let complaints = complaints(&sarif, &log);
        assert!(complaints.is_empty(), "{}: {}", scene.name, complaints.join("\n"));
        let run = &log["runs"][0];
        let rules: Vec<&str> =
            run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect();
        let mut prints = Vec::new();
        for result in run["results"].as_array().unwrap() {
            assert!(rules.contains(&result["ruleId"].as_str().unwrap()), "{result}");
            let place = &result["locations"][0]["physicalLocation"];
            let uri = place["artifactLocation"]["uri"].as_str().unwrap();
            assert!(!uri.starts_with('/') && !uri.contains(':') && !uri.contains(".."), "{uri}");
            assert!(place["region"]["startLine"].as_u64().unwrap() >= 1);
            let name = uri.rsplit_once('/').map_or("", |(folder, _)| folder);
            assert!(scene.members.is_empty() || name.starts_with("images/") || name.starts_with("coredns"), "{uri}");
            prints.push(result["partialFingerprints"]["duboPin/v1"].as_str().unwrap().to_owned());
        }
        let all = prints.len();
        prints.sort();
        prints.dedup();
        assert_eq!(prints.len(), all, "{}: a fingerprint stands for one result", scene.name);
        let code = scene.with(|report| report.exit());
        assert_eq!(run["invocations"][0]["exitCode"], code);
    }
}

#[test]
fn a_log_that_is_no_sarif_is_told_from_one_that_is() {
    let sarif = sarif();
    let scene = scenes::all().into_iter().find(|s| s.name == "verify-findings").unwrap();
    let log = parsed(&scene.with(|report| in_format(report, Format::Sarif)));
    for (path, value) in [
        ("/version", json!("2.0.0")),
        ("/runs/0/results/0/level", json!("fatal")),
        ("/runs/0/results/0/locations/0/physicalLocation/region/startLine", json!(0)),
        ("/runs/0/columnKind", json!("bytes")),
        ("/runs/0/surprise", json!(1)),
    ] {
        let mut wrong = log.clone();
        match wrong.pointer_mut(path) {
            Some(place) => *place = value,
            None => wrong["runs"][0]["surprise"] = value,
        }
        assert!(!sarif.is_valid(&wrong), "{path}");
    }
}

#[test]
fn annotations_are_one_line_each_and_name_their_member() {
    for scene in scenes::all() {
        let text = scene.with(|report| in_format(report, Format::Github));
        for line in text.lines() {
            assert!(
                line.starts_with("::error ") || line.starts_with("::warning ") || line.starts_with("::notice "),
                "{line}"
            );
            let of_member = line.contains("images/image") || line.contains("coredns/");
            assert!(!scene.workspace || of_member, "{}: {line}", scene.name);
        }
    }
}
