use std::io::{self, IsTerminal as _};
use std::sync::OnceLock;

use tracing::Dispatch;
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// How many entries wait for a slow reader of standard output before new ones
/// are dropped: a full pipe must not stop requests.
const BUFFERED_ENTRIES: usize = 64 * 1024;

/// The form of log entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// One line for a person.
    Text,
}

/// Where log entries go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogTarget {
    /// Standard output, for a service.
    Stdout,
    /// Standard error, for a command whose output is its result.
    Stderr,
}

/// What is logged, and how.
#[derive(Debug, Clone)]
pub struct LogOptions {
    /// Filter directives of `tracing-subscriber`: `info`, `warn,auth_http=debug`.
    pub filter: String,
    /// The form.
    pub format: LogFormat,
    /// Where to.
    pub target: LogTarget,
}

impl LogOptions {
    /// Whether the options are well-formed. Sets nothing up.
    pub fn check(&self) -> Result<(), LogError> {
        self.env_filter().map(drop)
    }

    fn env_filter(&self) -> Result<EnvFilter, LogError> {
        EnvFilter::try_new(&self.filter).or(Err(LogError::Filter(self.filter.clone())))
    }
}

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter is malformed.
    #[error("the log filter {0:?} is malformed")]
    Filter(String),
    /// Logging was set up before in this process.
    #[error("logging was set up before")]
    Again(#[from] tracing::dispatcher::SetGlobalDefaultError),
}

/// Writes what is buffered when it is dropped.
#[derive(Debug)]
pub struct LogGuard(#[expect(dead_code, reason = "held for its drop")] WorkerGuard);

/// Sends log entries of the whole process to their target, one a line, from a
/// thread of its own.
pub fn init_logs(options: &LogOptions) -> Result<LogGuard, LogError> {
    let builder = NonBlockingBuilder::default();
    let builder = builder.buffered_lines_limit(BUFFERED_ENTRIES).lossy(true);
    let (colours, (writer, guard)) = match options.target {
        LogTarget::Stdout => (io::stdout().is_terminal(), builder.finish(io::stdout())),
        LogTarget::Stderr => (io::stderr().is_terminal(), builder.finish(io::stderr())),
    };
    let lost = writer.error_counter();
    tracing::dispatcher::set_global_default(subscriber(options, writer, colours)?)?;
    let _set_once = LOST.set(lost);
    Ok(LogGuard(guard))
}

static LOST: OnceLock<ErrorCounter> = OnceLock::new();

/// How many entries were dropped because the reader of the output was slow.
pub(crate) fn lost_entries() -> u64 {
    let lost = LOST.get().map(ErrorCounter::dropped_lines);
    lost.and_then(|lost| u64::try_from(lost).ok())
        .unwrap_or_default()
}

fn subscriber<W>(options: &LogOptions, writer: W, colours: bool) -> Result<Dispatch, LogError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let entries = tracing_subscriber::fmt()
        .with_env_filter(options.env_filter()?)
        .with_writer(writer)
        .with_ansi(colours);
    Ok(match options.format {
        LogFormat::Json => Dispatch::new(entries.json().flatten_event(true).finish()),
        LogFormat::Text => Dispatch::new(entries.finish()),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat) -> String {
        let captured = Captured::default();
        let writer = captured.clone();
        let options = LogOptions {
            filter: "info".into(),
            format,
            target: LogTarget::Stdout,
        };
        let dispatch = subscriber(&options, move || writer.clone(), false).unwrap();
        let hostile = "name\r\n{\"level\":\"FORGED\"}\u{1b}[31m";
        tracing::dispatcher::with_default(&dispatch, || {
            tracing::info!(user = hostile, shown = %hostile, "signed in");
            tracing::debug!("below the filter");
        });
        let bytes = captured.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_json_entry_is_one_line_with_flat_fields_whatever_is_in_it() {
        let text = logged(LogFormat::Json);
        assert_eq!(text.lines().count(), 1, "{text}");
        let entry: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(entry["message"], "signed in");
        assert_eq!(entry["level"], "INFO");
        assert!(entry["user"].as_str().unwrap().starts_with("name"));
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn a_malformed_filter_is_an_error() {
        let options = LogOptions {
            filter: "a=b=c".into(),
            format: LogFormat::Json,
            target: LogTarget::Stdout,
        };
        assert!(matches!(options.check(), Err(LogError::Filter(_))));
        assert!(matches!(
            subscriber(&options, io::sink, false),
            Err(LogError::Filter(_))
        ));
    }
}
