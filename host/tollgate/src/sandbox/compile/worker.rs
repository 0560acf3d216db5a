//! The compiler process's own side: limits on itself first, then one component, then one answer.

use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::mpsc;

use bytes::Bytes;
use wasmtime::Engine;

use super::CompileError;
use super::refusal::refusal;
use super::wire::{Answer, Head};
use crate::sandbox::artifact::MOST_BYTES;
use crate::sandbox::engine;
use crate::tasks;

/// Compiles the one component that the host sends, as the program of [`Compiler::process`](super::Compiler::process).
///
/// `input` and `output` are the program's stdin and stdout, and nobody else uses them. The process first limits its own
/// CPU time, memory and priority as the host asks, and can write no file from then on; call this before anything else, on
/// a process that does nothing else. It ends with the host: where `input` ends before the answer was given, the process
/// aborts.
///
/// The exit code says whether an answer was given, be it a refusal.
pub fn compile_worker(input: impl Read + Send + 'static, mut output: impl Write) -> ExitCode {
    let (head, content) = answer(input).into_parts();
    let written =
        output.write_all(&head).and_then(|()| output.write_all(&content)).and_then(|()| output.flush());
    if written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn answer(mut input: impl Read + Send + 'static) -> Answer {
    let head = match Head::read(&mut input) {
        Ok(head) => head,
        Err(error) => return Answer::Failed(error.to_string()),
    };
    // before there is a limit on memory: a thread takes some
    let (hand_over, handed) = mpsc::channel();
    let watch = move || handed.recv().map_or((), until_gone);
    if let Err(error) = tasks::spawn_thread("tollgate-host-is-there", watch) {
        return Answer::Failed(format!("the process cannot watch its host: {error}"));
    }
    if let Err(error) = limit(&head) {
        return Answer::Failed(format!("the process cannot limit itself: {error}"));
    }
    let component = match component(&mut input, head.component_bytes) {
        Ok(component) => component,
        Err(error) => return Answer::Failed(error.to_string()),
    };
    if hand_over.send(input).is_err() {
        return Answer::Failed("the process does not watch its host".to_owned());
    }
    let engine = match single_threaded() {
        Ok(engine) => engine,
        Err(error) if is_out_of_memory(&error) => return Answer::OutOfMemory,
        Err(error) => return Answer::Failed(format!("{error:#}")),
    };
    if engine::fingerprint(&engine) != head.fingerprint {
        return Answer::Failed("it is not of the host's own build".to_owned());
    }
    match catch_unwind(AssertUnwindSafe(|| engine.precompile_component(&component))) {
        Ok(Ok(code)) => Answer::Code(code.into()),
        Ok(Err(error)) if is_out_of_memory(&error) => Answer::OutOfMemory,
        Ok(Err(error)) => match refusal(&error, &component) {
            CompileError::Proposals(names) => Answer::Proposals(names),
            CompileError::Refused(why) => Answer::Refused(why),
            other => Answer::Failed(other.to_string()),
        },
        Err(_) => Answer::Refused("the compiler panicked".to_owned()),
    }
}

/// An engine that compiles as the host's own does, on one thread, and has no pool: its reservations would not fit into the
/// limit on memory.
fn single_threaded() -> wasmtime::Result<Engine> {
    Engine::new(engine::config().parallel_compilation(false))
}

fn component(input: &mut impl Read, length: u64) -> std::io::Result<Bytes> {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > MOST_BYTES {
        return Err(std::io::Error::other("the component is too large"));
    }
    let mut component = vec![0; length];
    input.read_exact(&mut component)?;
    Ok(component.into())
}

/// Reads on until the host closes the pipe: it has its answer then, or is gone.
fn until_gone(mut input: impl Read) {
    let mut nothing = [0; 64];
    while matches!(input.read(&mut nothing), Ok(1..)) {}
    std::process::abort();
}

fn is_out_of_memory(error: &wasmtime::Error) -> bool {
    let by_system = |error: &std::io::Error| error.kind() == std::io::ErrorKind::OutOfMemory;
    error.is::<wasmtime::OutOfMemory>()
        || error.chain().any(|cause| cause.downcast_ref::<std::io::Error>().is_some_and(by_system))
}

/// No more CPU time and memory than this, no file, no core dump, and after everybody else.
#[cfg(unix)]
fn limit(head: &Head) -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, setpriority_process, setrlimit};

    let set = |resource, soft: u64, hard: u64| {
        setrlimit(resource, Rlimit { current: Some(soft), maximum: Some(hard) })
    };
    set(Resource::Core, 0, 0)?;
    set(Resource::Fsize, 0, 0)?;
    // at the soft limit comes a signal that says so, a second later one that says nothing
    set(Resource::Cpu, head.cpu_seconds, head.cpu_seconds.saturating_add(1))?;
    let memory = set(Resource::As, head.memory_bytes, head.memory_bytes);
    // macOS knows the limit and refuses to set it; its processes are bounded by time alone
    if !cfg!(target_os = "macos") {
        memory?;
    }
    Ok(setpriority_process(None, 19)?)
}

/// Where there are no such limits, the host's clock alone ends it.
#[cfg(not(unix))]
fn limit(_head: &Head) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Digest;

    #[test]
    fn what_is_no_host_gets_no_code() {
        // R12
        let mut said = Vec::new();
        compile_worker(b"GET / HTTP/1.1\r\n\r\n".as_slice(), &mut said);
        assert!(matches!(Answer::parse(said), Some(Answer::Failed(_))));
    }

    #[test]
    fn a_component_that_is_not_whole_or_too_large_is_not_compiled() {
        let mut half = b"abc".as_slice();
        assert!(component(&mut half, 4).is_err());
        let mut endless = std::io::repeat(0);
        assert!(component(&mut endless, u64::MAX).is_err());
        assert!(component(&mut endless, MOST_BYTES as u64 + 1).is_err());
    }

    #[test]
    fn the_workers_engine_compiles_for_the_hosts() {
        let host = crate::sandbox::Engine::new(crate::sandbox::EngineOptions::default()).unwrap();
        let worker = single_threaded().unwrap();
        assert_eq!(&engine::fingerprint(&worker), host.fingerprint());
        let other = Engine::new(engine::config().epoch_interruption(false)).unwrap();
        assert_ne!(engine::fingerprint(&other), engine::fingerprint(&worker));
        assert_ne!(engine::fingerprint(&other), Digest::new([0; 32]));
    }
}
