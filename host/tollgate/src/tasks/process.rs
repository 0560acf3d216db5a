//! Another process that works for the house, and ends with whoever waits for it.
//!
//! It gets its input on stdin, answers on stdout, and sees nothing else of the house: no environment, no directory, no
//! other file. It leads a process group of its own, so that a terminal's Ctrl-C is heard by the host alone, and so that
//! the group ends together with it. Stdin stays open until it has answered: a process that reads its end knows that the
//! host is gone.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

use super::Tasks;

/// As much as is kept of what a process complains about.
const MOST_COMPLAINT_BYTES: usize = 4 << 10;

/// A program and its arguments.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) args: Vec<OsString>,
}

/// What a process is to do, and how much it may cost the host.
#[derive(Debug)]
pub(crate) struct Job {
    /// What it reads from stdin, piece by piece.
    pub(crate) input: Vec<Bytes>,
    /// How long it may take.
    pub(crate) wall: Duration,
    /// How many bytes it may answer.
    pub(crate) most_output: usize,
}

/// What a process that ended by itself left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) output: Vec<u8>,
    /// The beginning of what it wrote to stderr.
    pub(crate) complaint: String,
}

/// Why a process was not waited for to the end. It is dead.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProcessError {
    #[error("it cannot be started: {0}")]
    Start(std::io::Error),
    #[error("it took too long")]
    Wall,
    #[error("it answered too much")]
    Output,
    #[error("the host shuts down")]
    Shutdown,
    #[error("it cannot be read: {0}")]
    Read(std::io::Error),
}

impl Tasks {
    /// Runs a process to its end.
    ///
    /// # Errors
    /// Where it cannot be started, or one of the job's limits or the host's shutdown ended it.
    ///
    /// # Cancel safety
    /// Dropped, it kills the process; the runtime collects what is left of it.
    pub(crate) async fn run_process(&self, program: &Program, job: Job) -> Result<Ended, ProcessError> {
        let _counted = self.tracker.token();
        let shutdown = self.shutdown_token();
        let mut process = Process::start(program).map_err(ProcessError::Start)?;
        let ended = tokio::select! {
            biased;
            () = shutdown.cancelled() => Err(ProcessError::Shutdown),
            ended = process.work(job.input, job.most_output) => ended,
            () = tokio::time::sleep(job.wall) => Err(ProcessError::Wall),
        };
        if ended.is_err() {
            process.end().await;
        }
        ended
    }
}

/// A process that dies when it is dropped.
#[derive(Debug)]
struct Process(Child);

impl Process {
    fn start(program: &Program) -> std::io::Result<Self> {
        let mut command = Command::new(&program.path);
        command
            .args(&program.args)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.current_dir("/").process_group(0);
        command.spawn().map(Self)
    }

    /// Writes and reads at the same time: neither side waits for the other to read first.
    async fn work(&mut self, input: Vec<Bytes>, most: usize) -> Result<Ended, ProcessError> {
        let (stdin, stdout, stderr) = (self.0.stdin.take(), self.0.stdout.take(), self.0.stderr.take());
        let write = async {
            let mut stdin = stdin;
            if let Some(pipe) = &mut stdin {
                for piece in &input {
                    // a process that does not read on has closed the pipe; its end says why
                    if pipe.write_all(piece).await.is_err() {
                        break;
                    }
                }
            }
            Ok(stdin)
        };
        let (open, output, complaint) = tokio::try_join!(write, read(stdout, most), beginning(stderr))?;
        drop(open);
        let status = self.0.wait().await.map_err(ProcessError::Read)?;
        Ok(Ended { status, output, complaint: String::from_utf8_lossy(&complaint).into_owned() })
    }

    /// Kills it with its group, and collects it.
    async fn end(&mut self) {
        self.kill_group();
        if let Err(error) = self.0.kill().await {
            tracing::warn!(%error, "a process could not be killed");
        }
    }

    fn kill_group(&self) {
        // as long as it was not collected, the number is nobody else's
        #[cfg(unix)]
        if let Some(group) = self.0.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed())) {
            // a group that is gone has nobody left to kill
            let _gone = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill_group();
    }
}

/// All that comes, up to so many bytes.
async fn read(pipe: Option<impl AsyncRead + Unpin>, most: usize) -> Result<Vec<u8>, ProcessError> {
    let mut bytes = Vec::new();
    let Some(mut pipe) = pipe else { return Ok(bytes) };
    loop {
        if pipe.read_buf(&mut bytes).await.map_err(ProcessError::Read)? == 0 {
            return Ok(bytes);
        }
        if bytes.len() > most {
            return Err(ProcessError::Output);
        }
    }
}

/// The beginning of what comes. The rest is read, too, so that nobody waits to write it.
async fn beginning(pipe: Option<impl AsyncRead + Unpin>) -> Result<Vec<u8>, ProcessError> {
    let mut kept = Vec::new();
    let Some(mut pipe) = pipe else { return Ok(kept) };
    let mut piece = vec![0; 1024];
    loop {
        let count = pipe.read(&mut piece).await.map_err(ProcessError::Read)?;
        if count == 0 {
            return Ok(kept);
        }
        let room = MOST_COMPLAINT_BYTES.saturating_sub(kept.len());
        kept.extend(piece.iter().take(count.min(room)));
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Program {
        Program { path: "/bin/sh".into(), args: vec!["-c".into(), script.into()] }
    }

    fn job(input: &[u8]) -> Job {
        let input = vec![Bytes::copy_from_slice(input)];
        Job { input, wall: Duration::from_mins(1), most_output: 1 << 10 }
    }

    fn tasks() -> Tasks {
        Tasks::new(1).unwrap()
    }

    /// The numbers of a process that hangs and of one that it started.
    struct Hanging(String, String);

    impl Hanging {
        async fn read(file: &std::path::Path) -> Self {
            loop {
                let text = std::fs::read_to_string(file).unwrap_or_default();
                if let Some((own, started)) = text.trim_end().split_once(' ').filter(|_| text.ends_with('\n'))
                {
                    return Self(own.to_owned(), started.to_owned());
                }
                tokio::task::yield_now().await;
            }
        }

        /// Waits until the first was collected and the second is dead: collecting it is up to the system.
        async fn until_gone(self) {
            let stat = |number: &str| std::fs::read_to_string(format!("/proc/{number}/stat"));
            while stat(&self.0).is_ok() || stat(&self.1).is_ok_and(|stat| !stat.contains(") Z")) {
                tokio::task::yield_now().await;
            }
        }
    }

    fn hangs(file: &std::path::Path) -> Program {
        shell(&format!("sleep 1000 & echo $$ $! > {}; wait", file.display()))
    }

    #[tokio::test]
    async fn a_process_sees_no_environment_and_answers() {
        let program = shell(
            "read x; echo $x; pwd; /usr/bin/env | grep -vc '^\\(PWD\\|OLDPWD\\|SHLVL\\|_\\)='; echo no >&2; exit 3",
        );
        let ended = tasks().run_process(&program, job(b"hi\n")).await.unwrap();
        let Ended { status, output, complaint } = ended;
        assert_eq!((status.code(), complaint.as_str()), (Some(3), "no\n"));
        assert_eq!(String::from_utf8(output).unwrap(), "hi\n/\n0\n");
    }

    #[tokio::test]
    async fn what_answers_too_much_or_takes_too_long_is_ended() {
        // R12
        let (tasks, dir) = (tasks(), tempfile::tempdir().unwrap());
        let error = tasks.run_process(&shell("cat /dev/zero"), job(b"")).await.unwrap_err();
        assert!(matches!(error, ProcessError::Output), "{error}");
        let file = dir.path().join("numbers");
        let hurried = Job { wall: Duration::from_millis(300), ..job(b"") };
        let error = tasks.run_process(&hangs(&file), hurried).await.unwrap_err();
        assert!(matches!(error, ProcessError::Wall), "{error}");
        Hanging::read(&file).await.until_gone().await;
    }

    #[tokio::test]
    async fn a_process_that_nobody_waits_for_any_more_is_killed_with_its_own() {
        // R12
        let (tasks, dir) = (tasks(), tempfile::tempdir().unwrap());
        let file = dir.path().join("numbers");
        let program = hangs(&file);
        let found = tokio::select! {
            ended = tasks.run_process(&program, job(b"")) => panic!("{ended:?}"),
            found = Hanging::read(&file) => found,
        };
        found.until_gone().await;
    }

    #[tokio::test]
    async fn shutdown_ends_a_process_and_waits_for_it() {
        // R12
        let (tasks, dir) = (tasks(), tempfile::tempdir().unwrap());
        let file = dir.path().join("numbers");
        let program = hangs(&file);
        let shut = async {
            let found = Hanging::read(&file).await;
            (found, tasks.shutdown(Duration::ZERO).await)
        };
        let (ended, (found, in_time)) = tokio::join!(tasks.run_process(&program, job(b"")), shut);
        assert!(matches!(ended, Err(ProcessError::Shutdown)) && !in_time);
        found.until_gone().await;
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_named() {
        let program = Program { path: "/nowhere/at/all".into(), args: Vec::new() };
        let error = tasks().run_process(&program, job(b"")).await.unwrap_err();
        assert!(matches!(error, ProcessError::Start(_)), "{error}");
    }
}
