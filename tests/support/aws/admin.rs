//! The emulator's admin API: JSON over a few lines of HTTP, so that tests need no client library.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Where the admin API is.
#[derive(Clone, Copy)]
pub(crate) struct Admin {
    port: u16,
}

impl Admin {
    pub(crate) fn at(port: u16) -> Self {
        Self { port }
    }

    pub(crate) fn url(self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Asks for `verb`; what the emulator refuses fails the test with its own words.
    pub(crate) fn ask<T: DeserializeOwned>(self, verb: &str, wish: &Value) -> T {
        let body = wish.to_string();
        let mut connection = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("connection to the AWS emulator");
        write!(
            connection,
            "POST /moto-api/ec2-autoscale/{verb} HTTP/1.1\r\nHost: 127.0.0.1\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
        .expect("request to the AWS emulator");
        let mut answer = String::new();
        connection.read_to_string(&mut answer).expect("answer of the AWS emulator");
        let (head, body) = answer.split_once("\r\n\r\n").expect("HTTP answer");
        let status = head.split(' ').nth(1).expect("HTTP status");
        assert_eq!(status, "200", "the AWS emulator refused: {body}");
        serde_json::from_str(body).expect("JSON that fits")
    }
}
