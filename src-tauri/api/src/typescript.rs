//! The wire's types as TypeScript: one file, made from the Rust types, so that the two cannot drift.

use std::any::TypeId;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

use ts_rs::{Config, TS, TypeVisitor};

use crate::wire::{Event, Operation, TagRule, Visitor, visit};

const HEAD: &str = "\
// Made from the Rust types of src-tauri/api by `cargo run -p longshore-api --bin longshore-types -- ui/src/api/types.ts`.
// Do not edit. Times are milliseconds since the epoch, sizes are bytes, paths are in their text form.
";

const FOOT: &str = "\
/** Name of an operation. */
export type OperationName = keyof Operations;

/** What a tag is made of: its variant, and the argument that gives its key. */
export type TagRule = { of: Tag[\"of\"]; field?: string };

/** The tags of a call: what a read's reply rests on, what a write makes stale. */
export function tagsOf<O extends OperationName>(name: O, args: Operations[O][\"args\"]): Tag[] {
  return tags[name].map(({ of, field }) =>
    (field ? { of, key: (args as Record<string, unknown>)[field] } : { of }) as Tag);
}
";

/// The whole file.
pub fn file() -> String {
    let config = Config::default();
    let mut types = Types { config: &config, seen: HashSet::new(), declared: BTreeMap::new() };
    types.visit::<Event>();
    let mut operations = Operations { types, list: Vec::new() };
    visit(&mut operations);
    let mut text = String::from(HEAD);
    for declaration in operations.types.declared.values() {
        let _ = write!(text, "\n{declaration}");
    }
    let _ = write!(
        text,
        "\n{}\n{}\n{}\n{FOOT}",
        interface(&operations.list),
        writes(&operations.list),
        tags(&operations.list)
    );
    text
}

/// Every type that is reached from those visited, each once, by name.
struct Types<'a> {
    config: &'a Config,
    seen: HashSet<TypeId>,
    declared: BTreeMap<String, String>,
}

impl TypeVisitor for Types<'_> {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
        // Types that are no declaration of their own (numbers, lists) have no file to go to.
        if T::output_path().is_some() {
            let docs = T::docs().unwrap_or_default();
            self.declared
                .entry(T::ident(self.config))
                .or_insert_with(|| tidy(&format!("{docs}export {}", T::decl(self.config))));
        }
    }
}

/// The same declaration, indented, with comments of one line on one line.
fn tidy(declaration: &str) -> String {
    let mut text = String::new();
    let mut depth = 0;
    for line in one_line_comments(declaration).replace(", }", ",\n}").lines() {
        let line = line.trim();
        let closes = usize::from(line.starts_with('}'));
        let _ = writeln!(text, "{:width$}{line}", "", width = 2 * (depth - closes.min(depth)));
        depth = (depth + line.matches('{').count()).saturating_sub(line.matches('}').count());
    }
    text
}

fn one_line_comments(declaration: &str) -> String {
    let mut text = String::new();
    let mut rest = declaration;
    while let Some((before, comment)) = rest.split_once("/**\n * ") {
        text.push_str(before);
        let (comment, after) = comment.split_once("\n */").unwrap_or((comment, ""));
        text.push_str("/** ");
        text.push_str(&comment.replace("\n * ", " ").replace("\n *", " "));
        text.push_str(" */");
        rest = after;
    }
    text + rest
}

/// One operation, as text.
struct Line {
    name: &'static str,
    writes: bool,
    args: String,
    reply: String,
    tags: Vec<TagRule>,
}

struct Operations<'a> {
    types: Types<'a>,
    list: Vec<Line>,
}

impl Visitor for Operations<'_> {
    fn visit<O: Operation>(&mut self, tags: &[TagRule]) {
        self.types.visit::<O::Args>();
        self.types.visit::<O::Reply>();
        let config = self.types.config;
        self.list.push(Line {
            name: O::NAME,
            writes: O::WRITES,
            args: O::Args::name(config),
            reply: O::Reply::name(config),
            tags: tags.to_vec(),
        });
    }
}

fn interface(list: &[Line]) -> String {
    let mut text =
        String::from("/** Every operation: what it takes and what it gives. */\nexport interface Operations {\n");
    for Line { name, args, reply, .. } in list {
        let _ = writeln!(text, "  \"{name}\": {{ args: {args}; reply: {reply} }};");
    }
    text + "}\n"
}

fn writes(list: &[Line]) -> String {
    let mut text = String::from("/** Operations that change something. */\nexport const writes = [\n");
    for line in list.iter().filter(|line| line.writes) {
        let _ = writeln!(text, "  \"{}\",", line.name);
    }
    text + "] as const satisfies readonly (keyof Operations)[];\n"
}

fn tags(list: &[Line]) -> String {
    let mut text = String::from(
        "/** What a read's reply rests on; what a write makes stale. */\nexport const tags: Record<keyof Operations, readonly TagRule[]> = {\n",
    );
    for Line { name, tags, .. } in list {
        let rules: Vec<String> = tags.iter().map(rule).collect();
        let _ = writeln!(text, "  \"{name}\": [{}],", rules.join(", "));
    }
    text + "};\n"
}

fn rule(rule: &TagRule) -> String {
    let of = rule.of.to_lowercase();
    match rule.field {
        Some(field) => format!("{{ of: \"{of}\", field: \"{field}\" }}"),
        None => format!("{{ of: \"{of}\" }}"),
    }
}
