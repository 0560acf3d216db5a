//! Why a component could not be compiled, in words that name the limit, its value and the key that changes it.

/// Why a component could not be compiled. Nothing of it has run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CompileError {
    /// The compiler refused it.
    #[error("the plugin cannot be compiled: {0}")]
    Refused(String),
    /// It uses what of WebAssembly this host does not run.
    #[error(
        "the plugin uses of the WebAssembly proposals that this host does not run: `{0}`; build it without"
    )]
    Proposals(String),
    /// Compiling it took too much CPU time.
    #[error(
        "compiling the plugin took more than {limit_ms} ms of CPU time; the operator's `sandbox.compile_cpu_ms` raises \
         that"
    )]
    CpuTime {
        /// What it may take, in whole seconds.
        limit_ms: u64,
    },
    /// Compiling it took too long.
    #[error(
        "compiling the plugin took more than {limit_ms} ms; the operator's `sandbox.compile_wall_ms` raises that"
    )]
    WallTime {
        /// What it may take.
        limit_ms: u64,
    },
    /// Compiling it took too much memory.
    #[error(
        "compiling the plugin took more than {limit_mib} MiB of memory; the operator's `sandbox.compile_memory_mib` \
         raises that"
    )]
    Memory {
        /// What it may take.
        limit_mib: u64,
    },
    /// The system ended the compiler, and does not say for which of these.
    #[error(
        "the compiler was ended by {signal} while it compiled the plugin: it had {cpu_ms} ms of CPU time \
         (`sandbox.compile_cpu_ms`) and {memory_mib} MiB of memory (`sandbox.compile_memory_mib`), or the machine had no \
         memory left"
    )]
    Ended {
        /// How the system calls it.
        signal: String,
        /// The CPU time that it had.
        cpu_ms: u64,
        /// The memory that it had.
        memory_mib: u64,
    },
    /// Its compiled code is too large.
    #[error("the plugin's compiled code has more than {limit_mib} MiB")]
    TooLarge {
        /// How large it may be.
        limit_mib: usize,
    },
    /// It did not come with the program, and there is no compiler for such.
    #[error(
        "the plugin is not built in, and this host has no process to compile it in; give its builder \
         `Compiler::process(..)`, or `Compiler::in_process()` where the plugin is trusted that far"
    )]
    NoCompiler,
    /// The compiler's program cannot be started.
    #[error("the compiler `{program}` cannot be started: {reason}")]
    Start {
        /// The program.
        program: String,
        /// Why not.
        reason: String,
    },
    /// The compiler broke, or is none of this host's.
    #[error("the compiler failed: {0}")]
    Failed(String),
    /// The host was shut down meanwhile.
    #[error("the host was shut down while the plugin was compiled")]
    Shutdown,
}

/// Whom an error concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The component is not one that can be compiled within its limits.
    Component,
    /// The host has no compiler that works.
    Host,
    /// Nobody: it was stopped.
    Nobody,
}

impl CompileError {
    pub(super) fn panicked() -> Self {
        Self::Failed("it panicked".to_owned())
    }

    pub(crate) fn fault(&self) -> Fault {
        match self {
            Self::Refused(_)
            | Self::Proposals(_)
            | Self::CpuTime { .. }
            | Self::WallTime { .. }
            | Self::Memory { .. }
            | Self::Ended { .. }
            | Self::TooLarge { .. } => Fault::Component,
            Self::NoCompiler | Self::Start { .. } | Self::Failed(_) => Fault::Host,
            Self::Shutdown => Fault::Nobody,
        }
    }
}
