//! `schedule:` of a flow file.

use std::time::Duration;

use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::check::digest;
use super::near::meant;
use super::node::{Data, Node};
use super::params::wrong_value;
use super::read::{Fields, Reading};
use super::{Param, duration};
use crate::Millis;
use crate::schedule::{Cron, Missed, Pattern, Rule, Schedule, Watch, time, zone};

const SCHEDULE: [&str; 9] = ["cron", "every", "watch", "timezone", "start", "end", "on_missed", "jitter", "params"];
const WATCH: [&str; 4] = ["folder", "pattern", "settle", "existing"];
const RULES: [&str; 3] = ["cron", "every", "watch"];
/// Name of the parameter that is given the file of a watched folder.
const FILE: &str = "file";
const SETTLE: Duration = Duration::from_secs(10);
/// No jitter is longer.
const JITTER: Duration = Duration::from_hours(24);

/// What stands in a schedule besides its rule.
struct Terms {
    zone: TimeZone,
    zone_name: String,
    start: Option<Millis>,
    end: Option<Millis>,
}

impl Reading<'_> {
    /// Reads `schedule`: one or a list.
    pub(super) fn schedules(&mut self, fields: &Fields<'_>, params: &[Param]) -> Vec<Schedule> {
        match fields.get("schedule") {
            None => Vec::new(),
            Some(Node { data: Data::List(all), .. }) => {
                let one = |(i, node)| self.schedule(node, &format!("schedule[{i}]"), params);
                all.iter().enumerate().filter_map(one).collect()
            }
            Some(node) => self.schedule(node, "schedule", params).into_iter().collect(),
        }
    }

    fn schedule(&mut self, node: &Node, path: &str, params: &[Param]) -> Option<Schedule> {
        if let Some(text) = node.text() {
            let cron = self.cron(node, text, path)?;
            let rule = Rule::Cron(Box::new(cron), TimeZone::UTC);
            let schedule = finished(rule, utc(), Missed::Once, Duration::ZERO, Map::new());
            self.params_of_schedule(node, &schedule, path, params);
            return self.that_fires(node, path, schedule);
        }
        let fields = self.fields(node, path, &SCHEDULE)?;
        let terms = self.terms(&fields);
        let rule = self.rule(&fields, &terms.zone)?;
        let missed = self.missed(&fields, &rule);
        let jitter = self.jitter(&fields, &rule);
        let schedule = finished(rule, terms, missed, jitter, self.params_given(&fields));
        self.params_of_schedule(fields.get("params").unwrap_or(node), &schedule, path, params);
        self.that_fires(node, path, schedule)
    }

    fn cron(&mut self, node: &Node, text: &str, path: &str) -> Option<Cron> {
        let told = |error: crate::schedule::Error| {
            let why = format!("{text:?} is no cron expression; {error}");
            self.wrong("schedule", node.spot, path, why, error.now);
        };
        Cron::parse(text).map_err(told).ok()
    }

    fn rule(&mut self, fields: &Fields<'_>, zone: &TimeZone) -> Option<Rule> {
        let given: Vec<&str> = RULES.into_iter().filter(|name| fields.get(name).is_some()).collect();
        let [one] = given.as_slice() else {
            let why = if given.is_empty() {
                "nothing says when".to_owned()
            } else {
                format!("{} stand here together", given.join(" and "))
            };
            let now = "Give one of cron, every and watch; several schedules are a list.".to_owned();
            self.wrong("schedule", fields.spot, &fields.path, why, now);
            return None;
        };
        let (node, path) = (fields.get(one)?, fields.path(one));
        match *one {
            "cron" => {
                let text = self.name(node, &path)?.text;
                Some(Rule::Cron(Box::new(self.cron(node, &text, &path)?), zone.clone()))
            }
            "every" => self.every(node, &path).map(Rule::Every),
            _ => self.watch(node, &path).map(Rule::Watch),
        }
    }

    fn every(&mut self, node: &Node, path: &str) -> Option<Duration> {
        let every = self.duration(node, path)?;
        if every < Duration::from_secs(1) {
            self.wrong("schedule", node.spot, path, "an interval is a second or longer".into(), String::new());
            return None;
        }
        Some(every)
    }

    fn watch(&mut self, node: &Node, path: &str) -> Option<Watch> {
        let fields = self.fields(node, path, &WATCH)?;
        let folder = self.needed_text(&fields, "folder");
        if let Some(folder) = folder.as_ref().filter(|folder| !folder.text.starts_with('/')) {
            let why = format!("{:?} is not an absolute path", folder.text);
            self.wrong("schedule", folder.spot, &folder.field, why, "Write it from / on.".into());
        }
        let pattern = match self.text(&fields, "pattern") {
            None => Pattern::parse("*").ok(),
            Some(name) => {
                let read = Pattern::parse(&name.text);
                read.map_err(|why| self.wrong("schedule", name.spot, &name.field, why, "Write it as in *.h5".into()))
                    .ok()
            }
        };
        let settle = fields.get("settle").map_or(Some(SETTLE), |node| self.every(node, &fields.path("settle")));
        let existing = self.truth(&fields, "existing").unwrap_or_default();
        Some(Watch { folder: folder?.text, pattern: pattern?, settle: settle?, existing })
    }

    fn terms(&mut self, fields: &Fields<'_>) -> Terms {
        let mut terms = utc();
        if let Some(name) = self.text(fields, "timezone") {
            if let Some(zone) = zone::named(&name.text) {
                (terms.zone, terms.zone_name) = (zone, name.text);
            } else {
                let (why, names) = (format!("there is no time zone {:?}", name.text), zone::names());
                let near = meant(&name.text, names.iter().map(String::as_str));
                let now = if near.is_empty() { "Write it as in Europe/Zurich.".into() } else { near };
                self.wrong("timezone", name.spot, &name.field, why, now);
            }
        }
        terms.start = self.moment(fields, "start", &terms.zone);
        terms.end = self.moment(fields, "end", &terms.zone);
        if let (Some(start), Some(end), Some(node)) = (terms.start, terms.end, fields.get("end"))
            && end < start
        {
            self.wrong(
                "never",
                node.spot,
                &fields.path("end"),
                "it lies before start, so that nothing is ever due".into(),
                String::new(),
            );
        }
        terms
    }

    fn moment(&mut self, fields: &Fields<'_>, name: &str, zone: &TimeZone) -> Option<Millis> {
        let found = self.text(fields, name)?;
        let at = time(&found.text, zone);
        if at.is_none() {
            let now = "Write it as 2026-03-29, 2026-03-29T02:00 or 2026-03-29T02:00:00+01:00.".into();
            self.wrong("schedule", found.spot, &found.field, format!("{:?} is not a time", found.text), now);
        }
        at
    }

    fn missed(&mut self, fields: &Fields<'_>, rule: &Rule) -> Missed {
        let watches = matches!(rule, Rule::Watch(_));
        let missed = self.word(fields, "on_missed", &Missed::WORDS);
        if let (Some(Missed::Once), true, Some(node)) = (missed, watches, fields.get("on_missed")) {
            let why = "files that came while nobody was there have a run each, or none".to_owned();
            self.wrong("schedule", node.spot, &fields.path("on_missed"), why, "Choose all or skip.".into());
        }
        missed.unwrap_or(if watches { Missed::All } else { Missed::Once })
    }

    fn jitter(&mut self, fields: &Fields<'_>, rule: &Rule) -> Duration {
        let Some(node) = fields.get("jitter") else { return Duration::ZERO };
        let path = fields.path("jitter");
        let jitter = self.duration(node, &path).unwrap_or_default();
        let most = match rule {
            Rule::Cron(..) => JITTER,
            Rule::Every(every) => (*every).min(JITTER),
            Rule::Watch(_) => Duration::ZERO,
        };
        if jitter > most {
            let why = format!("it may be no longer than {}", duration::words(most));
            self.wrong("schedule", node.spot, &path, why, String::new());
        }
        jitter.min(most)
    }

    fn params_given(&mut self, fields: &Fields<'_>) -> Map<String, Value> {
        let Some(node) = fields.get("params") else { return Map::new() };
        if let Value::Object(params) = node.json() {
            return params;
        }
        self.wrong("type", node.spot, &fields.path("params"), "a mapping is wanted".into(), String::new());
        Map::new()
    }

    /// The parameters are those of the flow, and none that its runs need is missing.
    fn params_of_schedule(&mut self, node: &Node, schedule: &Schedule, path: &str, params: &[Param]) {
        let field = format!("{path}.params");
        let watches = schedule.watch().is_some();
        let known = || params.iter().map(|param| param.name.as_str());
        for name in schedule.params.keys().filter(|name| !known().any(|known| known == *name)) {
            let spot = node.at(&format!("/{name}")).spot;
            self.wrong(
                "schedule",
                spot,
                &format!("{field}.{name}"),
                "the flow has no such parameter".into(),
                meant(name, known()),
            );
        }
        if watches && !known().any(|name| name == FILE) {
            let why = format!("the flow has no parameter {FILE:?}, which a run for a file is given");
            self.wrong(
                "schedule",
                node.spot,
                path,
                why,
                format!("Add to params: {FILE}: {{type: string, format: path}}"),
            );
        }
        for param in params.iter().filter(|param| !(watches && param.name == FILE)) {
            let value = schedule.params.get(&param.name).or_else(|| param.default());
            if let Some(why) = wrong_value(param, value) {
                self.wrong("schedule", node.at(&format!("/{}", param.name)).spot, &field, why, String::new());
            }
        }
    }

    /// A schedule that can never fire is a mistake.
    fn that_fires(&mut self, node: &Node, path: &str, schedule: Schedule) -> Option<Schedule> {
        let backwards = schedule.start.zip(schedule.end).is_some_and(|(start, end)| end < start);
        if schedule.watch().is_some() || backwards || schedule.next(Millis::default()).is_some() {
            return Some(schedule);
        }
        let why = match (schedule.start, schedule.end) {
            (None, None) => "no date ever fits it".to_owned(),
            _ => "no date between its start and its end fits it".to_owned(),
        };
        self.wrong("never", node.spot, path, format!("it can never be due: {why}"), String::new());
        None
    }
}

fn utc() -> Terms {
    Terms { zone: TimeZone::UTC, zone_name: "UTC".into(), start: None, end: None }
}

fn finished(rule: Rule, terms: Terms, on_missed: Missed, jitter: Duration, params: Map<String, Value>) -> Schedule {
    let words = words(&rule);
    let Terms { zone_name, start, end, .. } = terms;
    let about = format!("{words}|{zone_name}|{start:?}|{}", settle(&rule));
    let digest = digest(about.as_bytes())[..16].to_owned();
    Schedule { rule, start, end, on_missed, jitter, params, words, zone_name, digest }
}

fn settle(rule: &Rule) -> u128 {
    if let Rule::Watch(watch) = rule { watch.settle.as_millis() } else { 0 }
}

fn words(rule: &Rule) -> String {
    match rule {
        Rule::Cron(cron, _) => cron.text().to_owned(),
        Rule::Every(every) => format!("every {}", duration::words(*every)),
        Rule::Watch(watch) => format!("files {} in {}", watch.pattern.text(), watch.folder),
    }
}

/// JSON Schema of a schedule.
pub(super) fn definition() -> Value {
    let duration = json!({"$ref": "#/$defs/duration"});
    let words: Vec<_> = Missed::WORDS.iter().map(|(word, _)| *word).collect();
    let cron =
        "Minute, hour, day of the month, month, day of the week; with six fields seconds first; or @daily and its like";
    let watch = json!({
        "type": "object",
        "required": ["folder"],
        "additionalProperties": false,
        "description": "A run for each new file of a folder, once it is settled; its path is the parameter file",
        "properties": {
            "folder": {"type": "string", "description": "Absolute path"},
            "pattern": {"type": "string", "default": "*", "description": "Which files: *, ?, [a-z]"},
            "settle": {"description": "A file is whole when it has not changed for this long", "$ref": "#/$defs/duration"},
            "existing": {"type": "boolean", "default": false, "description": "Files that are there already start runs too"}
        }
    });
    let mut properties = json!({
        "cron": {"type": "string", "description": cron},
        "every": duration,
        "watch": watch,
        "timezone": {"type": "string", "default": "UTC", "description": "As in Europe/Zurich"},
        "start": {"type": "string", "description": "Nothing is due before it; intervals are counted from it"},
        "end": {"type": "string", "description": "Nothing is due after it"},
        "on_missed": {"enum": words, "description": "What becomes of times that nobody was there for"},
        "jitter": duration,
        "params": {"type": "object", "description": "Parameters of the runs"}
    });
    properties["jitter"]["description"] = "Each run starts later by up to this".into();
    let object = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "oneOf": RULES.map(|rule| json!({"required": [rule]}))
    });
    json!({"oneOf": [{"type": "string", "description": cron}, object]})
}
