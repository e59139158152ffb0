//! Expressions: Jinja, strict about what is undefined. A text that is exactly one `{{ expression }}` keeps the type of its value.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use minijinja::value::Object;
use minijinja::{Environment, UndefinedBehavior};
use serde_json::{Map, Value};

/// A value as expressions see it. Cheap to clone.
pub type Seen = minijinja::Value;

/// Instructions that one evaluation may take: enough for a loop over a hundred thousand items, and an end to an endless one.
const FUEL: u64 = 5_000_000;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment
});

/// Why an expression could not be read or evaluated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Error {
    /// The text of the expression.
    pub text: String,
    /// Why, in words.
    pub why: String,
}

impl Error {
    fn new(text: &str, error: &minijinja::Error) -> Self {
        let why =
            error.detail().map_or_else(|| error.kind().to_string(), |detail| format!("{}: {detail}", error.kind()));
        Self { text: text.into(), why }
    }
}

/// What an expression is evaluated with.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// `params`, `vars`, `run`, and of a mapped task `item` and `index`.
    pub names: BTreeMap<&'static str, Seen>,
    /// Outputs of tasks, as `tasks.<id>.output`. Only those that [`Template::tasks`] names need be there.
    pub outputs: BTreeMap<String, Seen>,
}

impl Scope {
    fn seen(&self) -> Seen {
        Seen::from_object(Root(self.clone()))
    }
}

#[derive(Debug)]
struct Root(Scope);

impl Object for Root {
    fn get_value(self: &Arc<Self>, key: &Seen) -> Option<Seen> {
        match key.as_str()? {
            "tasks" => Some(Seen::from_object(Tasks(self.0.outputs.clone()))),
            name => self.0.names.get(name).cloned(),
        }
    }
}

#[derive(Debug)]
struct Tasks(BTreeMap<String, Seen>);

impl Object for Tasks {
    fn get_value(self: &Arc<Self>, key: &Seen) -> Option<Seen> {
        let output = self.0.get(key.as_str()?)?;
        Some(Seen::from(BTreeMap::from([("output", output.clone())])))
    }
}

/// A value in a flow file, with expressions in it or not.
pub enum Template {
    /// No expression.
    Literal(Value),
    /// A text that is one expression.
    Expression(Expression),
    /// A text with expressions in it.
    Text(Text),
    /// A list.
    List(Vec<Template>),
    /// A mapping.
    Map(Vec<(String, Template)>),
}

/// One expression.
pub struct Expression {
    text: String,
    compiled: minijinja::Expression<'static, 'static>,
}

/// A text with expressions in it.
pub struct Text {
    text: String,
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(value) => write!(f, "{value}"),
            Self::Expression(one) => write!(f, "{{{{ {} }}}}", one.text),
            Self::Text(one) => write!(f, "{:?}", one.text),
            Self::List(all) => f.debug_list().entries(all).finish(),
            Self::Map(all) => f.debug_map().entries(all.iter().map(|(key, value)| (key, value))).finish(),
        }
    }
}

impl Default for Template {
    fn default() -> Self {
        Self::Literal(Value::Null)
    }
}

impl Template {
    /// Reads a text: a literal if there is no expression in it.
    pub fn text(text: &str) -> Result<Self, Error> {
        if !["{{", "{%", "{#"].iter().any(|mark| text.contains(mark)) {
            return Ok(Self::Literal(Value::String(text.into())));
        }
        if let Some(inner) = sole_expression(text)
            && let Ok(one) = Self::expression(inner)
        {
            return Ok(one);
        }
        ENVIRONMENT.template_from_str(text).map_err(|error| Error::new(text, &error))?;
        Ok(Self::Text(Text { text: text.into() }))
    }

    /// Reads a text that is an expression, with or without its braces.
    pub fn expression(text: &str) -> Result<Self, Error> {
        let inner = sole_expression(text).unwrap_or(text);
        let compiled =
            ENVIRONMENT.compile_expression_owned(inner.to_owned()).map_err(|error| Error::new(text, &error))?;
        Ok(Self::Expression(Expression { text: inner.trim().into(), compiled }))
    }

    /// The text of the expression, if it is nothing but one.
    pub fn sole(&self) -> Option<&str> {
        if let Self::Expression(one) = self { Some(&one.text) } else { None }
    }

    /// Whether there is no expression in it.
    pub fn is_literal(&self) -> bool {
        match self {
            Self::Literal(_) => true,
            Self::Expression(_) | Self::Text(_) => false,
            Self::List(all) => all.iter().all(Self::is_literal),
            Self::Map(all) => all.iter().all(|(_, one)| one.is_literal()),
        }
    }

    /// The names that it uses, with the attributes that are plain to see, as in `tasks.pack.output`. Functions are among them.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = match self {
            Self::Literal(_) => Vec::new(),
            Self::Expression(one) => one.compiled.undeclared_variables(true).into_iter().collect(),
            Self::Text(one) => ENVIRONMENT
                .template_from_str(&one.text)
                .map(|template| template.undeclared_variables(true).into_iter().collect())
                .unwrap_or_default(),
            Self::List(all) => all.iter().flat_map(Self::names).collect(),
            Self::Map(all) => all.iter().flat_map(|(_, one)| one.names()).collect(),
        };
        names.sort();
        names.dedup();
        names.retain(|name| !is_function(name));
        names
    }

    /// Ids of the tasks whose output it uses.
    pub fn tasks(&self) -> Vec<String> {
        let of = |name: String| {
            let mut parts = name.split('.');
            (parts.next() == Some("tasks")).then(|| parts.next().map(str::to_owned)).flatten()
        };
        let mut tasks: Vec<String> = self.names().into_iter().filter_map(of).collect();
        tasks.dedup();
        tasks
    }

    /// Its value.
    pub fn render(&self, scope: &Scope) -> Result<Value, Error> {
        if let Self::Literal(value) = self { Ok(value.clone()) } else { self.render_with(&scope.seen()) }
    }

    fn render_with(&self, scope: &Seen) -> Result<Value, Error> {
        match self {
            Self::Literal(value) => Ok(value.clone()),
            Self::Expression(one) => one.eval(scope),
            Self::Text(one) => ENVIRONMENT
                .render_str(&one.text, scope)
                .map(Value::String)
                .map_err(|error| Error::new(&one.text, &error)),
            Self::List(all) => all.iter().map(|one| one.render_with(scope)).collect::<Result<_, _>>().map(Value::Array),
            Self::Map(all) => {
                let pair = |(key, one): &(String, Self)| Ok((key.clone(), one.render_with(scope)?));
                all.iter().map(pair).collect::<Result<Map<_, _>, _>>().map(Value::Object)
            }
        }
    }

    /// Whether its value counts as true, as Jinja has it.
    pub fn is_true(&self, scope: &Scope) -> Result<bool, Error> {
        Ok(seen(&self.render(scope)?).is_true())
    }
}

impl Expression {
    fn eval(&self, scope: &Seen) -> Result<Value, Error> {
        let value = self.compiled.eval(scope.clone()).map_err(|error| Error::new(&self.text, &error))?;
        if value.is_undefined() {
            return Err(Error { text: self.text.clone(), why: "its value is not defined".into() });
        }
        serde_json::to_value(&value).map_err(|error| Error { text: self.text.clone(), why: error.to_string() })
    }
}

/// What stands between the braces, if the text is nothing but one pair of braces.
fn sole_expression(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    let inner = inner.strip_prefix('-').unwrap_or(inner);
    Some(inner.strip_suffix('-').unwrap_or(inner).trim())
}

fn is_function(name: &str) -> bool {
    ENVIRONMENT.globals().any(|(global, _)| global == name)
}

/// A value for a [`Scope`].
pub fn seen(value: &Value) -> Seen {
    Seen::from(minijinja::value::Serde(value))
}
