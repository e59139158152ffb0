//! The window's page, as an operator reads and uses it.

use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::site;

/// How long the page may take to show what is waited for.
const PATIENCE: Duration = Duration::from_mins(1);
/// Between two looks.
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// The app's window.
#[derive(Debug)]
pub struct Window {
    driver: WebDriver,
}

impl Window {
    pub(super) fn new(driver: WebDriver) -> Self {
        Self { driver }
    }

    /// The element with this test id, once it is shown.
    pub async fn see(&self, id: &str) -> WebElement {
        self.see_within(id, PATIENCE).await
    }

    /// The same with another patience.
    pub async fn see_within(&self, id: &str, patience: Duration) -> WebElement {
        self.find(&format!("[data-testid=\"{id}\"]"), patience).await
    }

    /// The element that a CSS selector finds, once it is shown.
    pub async fn see_css(&self, selector: &str) -> WebElement {
        self.find(selector, PATIENCE).await
    }

    async fn find(&self, selector: &str, patience: Duration) -> WebElement {
        let found = self.driver.query(By::Css(selector.to_owned())).wait(patience, BETWEEN_LOOKS).first().await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("{selector} is not on the page ({error}); the page says:\n{}", self.text().await),
        }
    }

    /// Clicks what a CSS selector finds.
    pub async fn press(&self, selector: &str) {
        self.see_css(selector).await.click().await.expect("it is clicked");
    }

    /// Drags what one CSS selector finds over what another finds, as a mouse does, and lets it go there.
    pub async fn drag(&self, from: &str, to: &str) {
        let (from, to) = (self.see_css(from).await, self.see_css(to).await);
        let moves = self.driver.action_chain().move_to_element_center(&from).click_and_hold().move_by_offset(12, 4);
        moves.move_to_element_center(&to).release().perform().await.expect("it is dragged");
    }

    /// Waits until the element with this test id says this, or holds it.
    pub async fn reads(&self, id: &str, text: &str, patience: Duration) {
        let text = text.to_owned();
        let wanted = By::Css(format!("[data-testid=\"{id}\"]"));
        let says = self.driver.query(wanted).wait(patience, BETWEEN_LOOKS).with_filter(move |element: WebElement| {
            let text = text.clone();
            // Not `text()`: WebDriver takes text that may be cut off for text that is not shown.
            async move {
                Ok(element
                    .prop("textContent")
                    .await
                    .is_ok_and(|found| found.is_some_and(|found| found.contains(&text))))
            }
        });
        if let Err(error) = says.first().await {
            panic!("{id} does not say it ({error}); the page says:\n{}", self.text().await);
        }
    }

    /// Clicks the element with this test id.
    pub async fn click(&self, id: &str) {
        self.see(id).await.click().await.unwrap_or_else(|error| panic!("{id} cannot be clicked: {error}"));
    }

    /// Types into the input with this test id, in place of what it holds.
    pub async fn fill(&self, id: &str, text: &str) {
        let input = self.see(id).await;
        input.clear().await.unwrap();
        input.send_keys(text).await.unwrap();
    }

    /// Text of the whole page.
    pub async fn text(&self) -> String {
        let text = self.driver.execute("return document.body.innerText", Vec::new()).await;
        text.map_or_else(|error| format!("(no page: {error})"), |text| text.json().to_string())
    }

    /// Goes to a page by its address.
    pub async fn go(&self, page: &str) {
        let there = json!(format!("#{page}"));
        self.driver.execute("window.location.hash = arguments[0]", vec![there]).await.unwrap();
    }

    /// Address of the page.
    pub async fn address(&self) -> String {
        self.driver.current_url().await.unwrap().to_string()
    }

    /// Runs a script and gives what it returns.
    pub async fn script(&self, script: &str) -> Value {
        self.driver.execute(script, Vec::new()).await.unwrap().json().clone()
    }

    /// Runs a script that gives its value to the function that is its last argument.
    pub async fn script_async(&self, script: &str, args: Vec<Value>) -> Value {
        self.driver.execute_async(script, args).await.unwrap().json().clone()
    }

    /// Asks the workspace through the shell, as the page does: what it replies, or the fault.
    pub async fn ask(&self, op: &str, args: &Value) -> Result<Value, Value> {
        let script = "const [op, args, done] = arguments;
            window.__TAURI_INTERNALS__.invoke('call', {op, args}).then(ok => done({ok}), fault => done({fault}));";
        let reply = self.driver.execute_async(script, vec![op.into(), args.clone()]).await.unwrap().json().clone();
        match reply.get("ok") {
            Some(ok) => Ok(ok.clone()),
            None => Err(reply["fault"].clone()),
        }
    }

    /// Asks many things at once; all must be answered without a fault.
    pub async fn ask_all(&self, op: &str, args: &[Value]) {
        let script = "const [op, all, done] = arguments;
            Promise.all(all.map(args => window.__TAURI_INTERNALS__.invoke('call', {op, args}))).then(() => done(null), done);";
        let fault = self.driver.execute_async(script, vec![op.into(), args.into()]).await.unwrap().json().clone();
        assert_eq!(fault, Value::Null);
    }

    /// Keeps a picture of the page.
    pub async fn picture(&self, name: &str) {
        self.settle().await;
        self.driver.screenshot(&site::output().join(format!("{name}.png"))).await.unwrap();
    }

    /// Keeps a picture of the page as it is, while some of it may move.
    pub async fn picture_of(&self, name: &str) {
        let path = site::output().join(format!("{name}.png"));
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("it is made");
        self.driver.screenshot(&path).await.expect("it is taken");
    }

    /// Makes the page so large, without what the browser has around it.
    pub async fn sized(&self, width: u32, height: u32) {
        let (mut wide, mut high) = (width, height);
        for _ in 0..5 {
            self.driver.set_window_rect(0, 0, wide, high).await.expect("it is made so large");
            let drawn = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done([innerWidth, innerHeight])));";
            let inner = self.script_async(drawn, Vec::new()).await;
            let at = |index: usize| u32::try_from(inner[index].as_u64().unwrap_or_default()).unwrap_or_default();
            if (at(0), at(1)) == (width, height) {
                return;
            }
            (wide, high) = ((wide + width).saturating_sub(at(0)), (high + height).saturating_sub(at(1)));
        }
        panic!("the page does not become {width} x {height}");
    }

    /// Waits until what moves has come to rest and two more frames are drawn: the one under way may still show what was there before.
    pub async fn settle(&self) {
        let script = "const done = arguments[0];
            Promise.all(document.getAnimations().map(one => one.finished.catch(() => {})))
                .then(() => requestAnimationFrame(() => requestAnimationFrame(() => done())));";
        self.driver.execute_async(script, Vec::new()).await.unwrap();
    }

    /// Ends the app.
    pub async fn quit(self) {
        // An app that a test has killed cannot be told to end.
        let _ = self.driver.quit().await;
    }
}
