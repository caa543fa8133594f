//! A running service.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::Api;

/// How long a start may take on a busy machine before a test gives up.
const START_WITHIN: Duration = Duration::from_mins(1);

/// A running service; ended with the test, by its process id only.
pub(crate) struct Server {
    child: Child,
    pub(crate) base: String,
}

impl Server {
    /// Starts a command and waits for the line that says where it listens; on
    /// an early end answers what it wrote.
    pub(crate) fn spawn(mut command: Command) -> Result<Self, Vec<String>> {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = child.stderr.take().unwrap();
        let (lines, written) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let _test_is_over = lines.send(line);
            }
        });
        let deadline = Instant::now() + START_WITHIN;
        let mut seen = Vec::new();
        while let Ok(line) =
            written.recv_timeout(deadline.saturating_duration_since(Instant::now()))
        {
            if let Some((_, base)) = line.split_once(" listens on ") {
                let base = base.trim().to_owned();
                return Ok(Self { child, base });
            }
            seen.push(line);
        }
        let _already_over = child.kill();
        let _status = child.wait();
        Err(seen)
    }

    pub(crate) fn api(&self) -> Api {
        Api::new(&self.base)
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and how long the end took.
    pub(crate) fn terminate(mut self) -> (bool, Duration) {
        let began = Instant::now();
        let signalled = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(signalled.success());
        let status = self.child.wait().unwrap();
        (status.success(), began.elapsed())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _already_over = self.child.kill();
        let _status = self.child.wait();
    }
}
