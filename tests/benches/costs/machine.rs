//! The machine: what it is, how busy it is, and what this process has used of it.

use std::time::Duration;

/// One line about the machine and the build.
pub(super) fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let build = if cfg!(debug_assertions) { "unoptimised: measures nothing" } else { "optimised" };
    format!("{cores} cores, {processor}, kernel {}, {build} build", kernel.trim())
}

/// How many threads of the whole machine wanted to compute in the last minute.
pub(super) fn load() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

/// The memory of this process, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory {
    /// What is resident, a page that is mapped a thousand times counted a thousand times.
    pub(super) resident: u64,
    /// The same with each page counted once.
    pub(super) once: u64,
}

pub(super) fn memory() -> Option<Memory> {
    let bytes = |file: &str, name: &str| {
        let kibibytes = field(file, name)?;
        Some(kibibytes.split(' ').next()?.parse::<u64>().ok()? * 1024)
    };
    Some(Memory {
        resident: bytes("/proc/self/status", "VmRSS")?,
        once: bytes("/proc/self/smaps_rollup", "Pss:")?,
    })
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// The CPU time of all threads of this process.
pub(super) fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Lets this process have as many open files as the system allows: each stream is a socket.
pub(super) fn raise_open_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // where it is refused, the subject that needs them fails and says so
    let _raised = setrlimit(Resource::Nofile, limit);
}

/// Lets the current thread sleep to the microsecond; the default is to the next 50.
pub(super) fn sleep_precisely() {
    #[cfg(target_os = "linux")]
    let _set = rustix::thread::set_current_timer_slack(std::num::NonZero::new(1));
}
