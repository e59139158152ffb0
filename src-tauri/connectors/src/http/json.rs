//! Interfaces that speak JSON: a request, and its answer read.

use reqwest::header;
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;

use super::site::{Ask, Reply, Site};
use super::told;
use super::trouble::{Tries, Trouble};

/// Bytes of an answer at most.
const LARGEST: usize = 64 << 20;

/// Characters of what a refusal says of the whole, and of one field, that are told.
const TOLD: usize = 300;

/// Fields that are told one by one.
const FIELDS: usize = 20;

impl Ask {
    /// With this as its body.
    pub(crate) fn json(self, body: &Value) -> Self {
        self.with(header::CONTENT_TYPE, "application/json").body(body.to_string())
    }
}

impl Site {
    /// The answer to a request, read; made again where it failed by what may pass and may be made twice. Nothing at all is `null`.
    pub(crate) async fn json(&self, ask: Ask) -> Result<Value, Trouble> {
        // Of what a POST does nobody knows whether it may be done twice.
        let mut tries = Tries::new(if ask.method == Method::POST { 0 } else { self.patience.tries });
        let ask = ask.with(header::ACCEPT, "application/json");
        loop {
            let trouble = match self.reply(&ask).await {
                Ok(reply) => match self.read(reply).await {
                    Ok(value) => return Ok(value),
                    Err(trouble) => trouble,
                },
                Err(trouble) => trouble,
            };
            tokio::time::sleep(tries.after(trouble)?).await;
        }
    }

    async fn read(&self, mut reply: Reply) -> Result<Value, Trouble> {
        let mut body = Vec::new();
        while let Some(piece) = reply.more(self).await? {
            body.extend_from_slice(&piece);
            if body.len() > LARGEST {
                return Err(Trouble::permanent("http.answer", "the answer is too large"));
            }
        }
        understood(&reply.answer, &body)
    }

    /// The body of the answer to an upload.
    pub(crate) async fn json_of(&self, mut answer: Response) -> Result<Value, Trouble> {
        let mut body = Vec::new();
        while let Some(piece) = self.in_time(answer.chunk()).await? {
            body.extend_from_slice(&piece);
            if body.len() > LARGEST {
                return Err(Trouble::permanent("http.answer", "the answer is too large"));
            }
        }
        understood(&answer, &body)
    }
}

/// What an answer says, if it says yes.
fn understood(answer: &Response, body: &[u8]) -> Result<Value, Trouble> {
    let status = answer.status();
    if !status.is_success() {
        let after = told::retry_after(status, answer.headers());
        let refused = refused(status, body);
        let why = format!("{}{}", refused.why, on_the_way(answer));
        return Err(Trouble { why, after, ..refused });
    }
    if body.trim_ascii().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(body).map_err(|error| {
        // The answer itself is not told: it may hold a secret.
        Trouble::permanent("http.answer", format!("the answer is not understood: {error}"))
    })
}

/// Says who may have answered with a page in the place of the interface: proxies that let no slash within a component through.
fn on_the_way(answer: &Response) -> &'static str {
    let kind = answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let refused = matches!(answer.status().as_u16(), 400 | 404);
    if refused && kind.starts_with("text/html") && answer.url().path().contains("%2F") {
        "; the answer is a page and not the interface's: a proxy before the server may not let `%2F` in an address through"
    } else {
        ""
    }
}

/// A refusal, with what the body says of it. Fields that are wrong are named one by one.
fn refused(status: StatusCode, body: &[u8]) -> Trouble {
    let mut trouble = Trouble::of_status(status);
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let fields = fields(&body);
    if !fields.is_empty() && matches!(status.as_u16(), 400 | 422) {
        trouble.code = "http.invalid";
    }
    let told_by_field = |name: &str| name == "detail" && body.get(name).is_some_and(Value::is_array);
    let names = ["message", "errorMessage", "detail", "error"].into_iter().filter(|name| !told_by_field(name));
    let said = names.filter_map(|name| body.get(name)).find_map(text);
    let more = fields.len().saturating_sub(FIELDS);
    let more = (more > 0).then(|| format!("and {more} more"));
    let said: Vec<String> = said.into_iter().chain(fields.into_iter().take(FIELDS)).chain(more).collect();
    if !said.is_empty() {
        trouble.why = format!("{}: {}", trouble.why, said.join("; "));
    }
    trouble
}

/// A text on one line, and no longer than is told.
fn text(value: &Value) -> Option<String> {
    let line = match value {
        Value::Null => return None,
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    };
    Some(line.chars().take(TOLD).collect())
}

/// What is wrong with each field: `errors` of Invenio (`field` with `message` or `messages`) and `detail` of FastAPI (`loc` with `msg`).
fn fields(body: &Value) -> Vec<String> {
    let list = |name: &str| body.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list("errors").iter().filter_map(of_invenio).chain(list("detail").iter().filter_map(of_fastapi)).collect()
}

fn of_invenio(error: &Value) -> Option<String> {
    let field = error.get("field").and_then(Value::as_str);
    let message = match error.get("messages").and_then(Value::as_array) {
        Some(all) => all.iter().filter_map(text).collect::<Vec<_>>().join(" "),
        None => text(error.get("message").unwrap_or(error))?,
    };
    Some(field.map_or_else(|| message.clone(), |field| format!("{field}: {message}")))
}

/// `loc` leads to the field, from the part of the request in which it stands.
fn of_fastapi(error: &Value) -> Option<String> {
    let (Some(Value::Array(parts)), Some(message)) = (error.get("loc"), error.get("msg").and_then(text)) else {
        return text(error);
    };
    let parts: Vec<String> = parts.iter().filter_map(text).collect();
    let field = if parts.len() > 1 { &parts[1..] } else { &parts[..] };
    Some(format!("{}: {message}", field.join(".")))
}

/// What a server says beside a success that it is not content with (`errors` of a draft that was saved all the same).
pub(crate) fn complaints(body: &Value) -> Vec<String> {
    fields(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(status: u16, body: &str) -> (String, &'static str) {
        let trouble = refused(StatusCode::from_u16(status).unwrap_or_default(), body.as_bytes());
        (trouble.why, trouble.code)
    }

    #[test]
    fn fields_that_are_wrong_are_named() {
        let (why, code) = told(
            400,
            r#"{"status":400,"message":"Validation error.","errors":[{"field":"metadata.title","messages":["Missing data."]},
                {"field":"community","message":"unknown"}]}"#,
        );
        assert!(why.ends_with("Validation error.; metadata.title: Missing data.; community: unknown"), "{why}");
        assert_eq!(code, "http.invalid");
    }

    #[test]
    fn fields_of_fastapi_are_named_too_and_of_very_many_the_first() {
        let wrong = r#"{"detail":[{"loc":["body","metadata","size"],"msg":"str type expected","type":"type_error.str"},
            {"loc":["body","url"],"msg":"field required","type":"value_error.missing"}]}"#;
        let (why, code) = told(422, wrong);
        assert!(why.ends_with(": metadata.size: str type expected; url: field required"), "{why}");
        assert_eq!(code, "http.invalid");
        let many: Vec<Value> =
            (0..25).map(|at| serde_json::json!({"field": format!("f{at}"), "message": "no"})).collect();
        let (why, _) = told(422, &serde_json::json!({"errors": many}).to_string());
        assert!(why.contains("f0: no; f1: no") && why.ends_with("f19: no; and 5 more"), "{why}");
    }

    #[test]
    fn other_refusals_say_what_they_say() {
        assert!(told(404, r#"{"message":"Object does not exist"}"#).0.ends_with("Object does not exist"));
        assert!(told(422, r#"{"detail":[{"loc":["path","oid"]}]}"#).0.contains("oid"));
        assert!(told(404, r#"{"detail":"Secret not found"}"#).0.ends_with("Secret not found"));
        assert!(!told(502, "<html>").0.contains("html"));
    }
}
