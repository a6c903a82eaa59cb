//! The admin API of an emulator: JSON over a few lines of HTTP, so that tests need no client
//! library.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::thread;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// How long a call may be waited for. A test that has ended by then is not missed.
const PATIENCE_SECONDS: u32 = 60;

/// Where the admin API of an emulator is.
#[derive(Clone, Copy)]
pub(crate) struct AdminApi {
    emulator: &'static str,
    port: u16,
    folder: &'static str,
}

impl AdminApi {
    /// Returns the API of the named emulator at a port of 127.0.0.1, with its verbs below `folder`.
    pub(crate) fn at(emulator: &'static str, port: u16, folder: &'static str) -> Self {
        Self { emulator, port, folder }
    }

    /// Returns the URL of the server without a path.
    pub(crate) fn url(self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Asks for `verb`; what the emulator refuses fails the test with its own words.
    pub(crate) fn ask<T: DeserializeOwned>(self, verb: &str, wish: &Value) -> T {
        let Self { emulator, port, folder } = self;
        let body = wish.to_string();
        let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("connection to the emulator");
        write!(
            connection,
            "POST {folder}/{verb} HTTP/1.1\r\nHost: 127.0.0.1\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
        .expect("request to the emulator");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).expect("answer of the emulator");
        let (head, body) = answer.split_once("\r\n\r\n").expect("HTTP answer");
        let status = head.split(' ').nth(1).expect("HTTP status");
        assert_eq!(status, "200", "the {emulator} emulator refused: {body}");
        serde_json::from_str(body).expect("JSON that fits")
    }

    /// Waits for a moment on a thread of its own, acts, and lets the call go on. An action that
    /// fails lets it go on, too; its thread tells. `wish` names the moment and whose it is.
    pub(crate) fn watch(self, mut wish: Value, action: impl FnOnce() + Send + 'static) -> thread::JoinHandle<()> {
        thread::spawn(move || {
            wish["seconds"] = json!(PATIENCE_SECONDS);
            let came: Value = self.ask("moment/await", &wish);
            let _go_on = GoOn { admin: self, wish };
            if came["came"] == true {
                action();
            }
        })
    }
}

struct GoOn {
    admin: AdminApi,
    wish: Value,
}

impl Drop for GoOn {
    fn drop(&mut self) {
        let _: Value = self.admin.ask("moment/over", &self.wish);
    }
}
