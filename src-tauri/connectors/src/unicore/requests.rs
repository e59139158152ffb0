//! The requests of UNICORE.

use longshore_transfer::storage::{Meta, join, part_name};
use reqwest::{Method, Response, Url, header};
use serde_json::{Value, json};

use super::{Unicore, entry};
use crate::http::{Ask, Tries, Trouble, encoded};
use crate::local::walk;

/// What the server gives with an answer, and takes in the place of a login.
const SESSION: &str = "x-unicore-securitysession";

/// Its answer to a session that it does not know any more.
const SESSION_OVER: u16 = 432;

/// The path of the temporary file of a path.
pub(super) fn part_of(path: &[u8]) -> Vec<u8> {
    let (above, name) = walk::split(path);
    join(above, &part_name(name))
}

impl Unicore {
    /// The answer to a request, made until it is answered with success or for good with a failure; in the session, if there is one.
    pub(super) async fn ask(&self, ask: Ask) -> Result<Response, Trouble> {
        // Of what a POST does nobody knows whether it may be done twice.
        let mut tries = Tries::new(if ask.method == Method::POST { 0 } else { self.site.patience.tries });
        loop {
            let session = self.lock().session.clone();
            let asked = session.iter().fold(ask.clone(), |ask, session| ask.with(SESSION, session));
            let trouble = match self.site.reply(&asked).await {
                Ok(reply) if reply.answer.status().as_u16() == SESSION_OVER && session.is_some() => {
                    self.lock().session = None;
                    continue;
                }
                Ok(reply) if reply.answer.status().is_success() => {
                    self.keep_session(&reply.answer);
                    return Ok(reply.answer);
                }
                Ok(reply) => match self.site.json_of(reply.answer).await {
                    Ok(_) => Trouble::permanent("http.answer", "the server sends elsewhere, without saying where"),
                    Err(trouble) => trouble,
                },
                Err(trouble) => trouble,
            };
            tokio::time::sleep(tries.after(trouble)?).await;
        }
    }

    fn keep_session(&self, answer: &Response) {
        let session = answer.headers().get(SESSION).and_then(|session| session.to_str().ok());
        if let Some(session) = session {
            self.lock().session = Some(session.to_owned());
        }
    }

    pub(super) async fn json(&self, ask: Ask) -> Result<Value, Trouble> {
        let answer = self.ask(ask.with(header::ACCEPT, "application/json")).await?;
        self.site.json_of(answer).await
    }

    /// The address of a path.
    pub(super) async fn url(&self, path: &[u8]) -> Result<Url, Trouble> {
        let mut url = self.top().await?.files.clone();
        let files = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{files}/{}", encoded(&self.own(path))));
        Ok(url)
    }

    /// The address of the temporary file of a path.
    pub(super) async fn part(&self, path: &[u8]) -> Result<Url, Trouble> {
        self.url(&part_of(path)).await
    }

    pub(super) async fn look(&self, path: &[u8]) -> Result<Meta, Trouble> {
        entry::meta(&self.json(Ask::new(Method::GET, self.url(path).await?)).await?)
    }

    /// What lies in a folder.
    pub(super) async fn entries(&self, path: &[u8]) -> Result<Vec<(String, Meta)>, Trouble> {
        let told = self.json(Ask::new(Method::GET, self.url(path).await?)).await?;
        entry::content(&told, &self.own(path))
    }

    /// Gives a file another name on the same storage.
    pub(super) async fn rename(&self, from: &[u8], to: &[u8]) -> Result<(), Trouble> {
        let text = |path: &[u8]| {
            let not_text = |_| Trouble::permanent("name.not_utf8", "a file of UNICORE has a name in UTF-8");
            String::from_utf8(self.own(path)).map(|path| format!("/{path}")).map_err(not_text)
        };
        let body = json!({"from": text(from)?, "to": text(to)?});
        let ask = Ask::new(Method::POST, self.top().await?.rename.clone()).json(&body);
        self.ask(ask.with(header::ACCEPT, "application/json")).await.map(drop)
    }
}
