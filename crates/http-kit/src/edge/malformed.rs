//! Answers to what the server library refuses before there is a request: a
//! malformed request line, headers that are too large, a chunk that is none.
//!
//! The library (actix-http 3.20) writes an answer with a status and no body, and
//! lets nobody change it. So the connection looks at what is written: such an
//! answer has no body and no request id, which no answer of ours lacks, and it is
//! the last one of its connection. It goes out as a problem document.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::SystemTime;

use actix_web::http::header::HttpDate;
use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Edge;
use crate::problem::{EdgeCode, PROBLEM_JSON, Problem};

/// No head of the library is longer.
const HEAD_MAX: usize = 512;

/// A connection whose refusals are problem documents.
pub(crate) struct Connection<S> {
    stream: S,
    edge: Arc<Edge>,
    /// What takes the place of what was written, and is not sent yet.
    unsent: Bytes,
}

impl<S> Connection<S> {
    pub(crate) fn new(stream: S, edge: Arc<Edge>) -> Self {
        Self {
            stream,
            edge,
            unsent: Bytes::new(),
        }
    }
}

impl<S: AsyncWrite + Unpin> Connection<S> {
    fn poll_unsent(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.unsent.has_remaining() {
            let sent = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.unsent))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.unsent.advance(sent);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Connection<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_unsent(cx))?;
        let Some((before, refusal)) = refusal_at_end(buf) else {
            return Pin::new(&mut self.stream).poll_write(cx, buf);
        };
        let before = buf.get(..before).unwrap_or_default();
        self.unsent = [before, &self.edge.refuse(refusal)].concat().into();
        // Taken as written: what cannot be sent now goes out with the flush.
        let _later = self.poll_unsent(cx)?;
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_unsent(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_unsent(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Where an answer of the library begins, if the bytes end with one, and what
/// stands in its place.
fn refusal_at_end(written: &[u8]) -> Option<(usize, EdgeCode)> {
    if !written.ends_with(b"\r\n\r\n") {
        return None;
    }
    let tail = written.len().saturating_sub(HEAD_MAX);
    let head = written.get(tail..)?;
    let begin = head.windows(7).rposition(|bytes| bytes == b"HTTP/1.")?;
    let head = str::from_utf8(head.get(begin..)?)
        .ok()?
        .to_ascii_lowercase();
    let (status, fields) = head.split_once("\r\n")?;
    let refusal = match status.split(' ').nth(1)? {
        "400" => EdgeCode::BadRequest,
        "408" => EdgeCode::RequestTimeout,
        "431" => EdgeCode::HeadersTooLarge,
        _ => return None,
    };
    let one_head = !fields.trim_end().contains("\r\n\r\n");
    let of_library = fields.contains("content-length: 0\r\n") && !fields.contains("x-request-id:");
    (one_head && of_library).then_some((tail + begin, refusal))
}

impl Edge {
    /// The whole answer; counts and logs it too.
    fn refuse(&self, refusal: EdgeCode) -> Vec<u8> {
        let request_id = self.request_ids.make();
        let request_id = request_id.to_str().unwrap_or_default();
        let status = refusal.status();
        self.metrics.record_refused(status.as_u16());
        tracing::info!(
            request_id,
            status = status.as_u16(),
            code = refusal.code(),
            "no request"
        );
        let body = Problem::from(refusal).body(Some(request_id));
        let mut answer = format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\ncontent-type: {PROBLEM_JSON}\r\n\
             x-request-id: {request_id}\r\nx-content-type-options: nosniff\r\n\
             date: {}\r\nconnection: close\r\n\r\n",
            body.len(),
            HttpDate::from(SystemTime::from(self.clock.now())),
        )
        .into_bytes();
        answer.extend(body);
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-request-id: 7\r\n\r\n{}";
    const REFUSED: &[u8] = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: x\r\n\r\n";

    #[test]
    fn an_answer_of_the_library_is_found_at_the_end() {
        assert_eq!(refusal_at_end(REFUSED), Some((0, EdgeCode::BadRequest)));
        let both = [OURS, REFUSED].concat();
        let found = refusal_at_end(&both);
        assert_eq!(found, Some((OURS.len(), EdgeCode::BadRequest)));
        for (status, code) in [
            ("408 Request Timeout", EdgeCode::RequestTimeout),
            (
                "431 Request Header Fields Too Large",
                EdgeCode::HeadersTooLarge,
            ),
        ] {
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
            assert_eq!(refusal_at_end(head.as_bytes()), Some((0, code)));
        }
    }

    #[test]
    fn an_answer_of_ours_is_left_alone() {
        for ours in [
            OURS,
            b"",
            b"\r\n\r\n",
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nx-request-id: 7\r\n\r\n",
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 4\r\n\r\n\r\n\r\n",
            b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"HTTP/1.1 400 Bad\xff\r\ncontent-length: 0\r\n\r\n",
        ] {
            assert_eq!(refusal_at_end(ours), None);
        }
    }
}
