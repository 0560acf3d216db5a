//! From a component to native code, and keeping it.
//!
//! Compiling is where a stranger's bytes meet the largest program in the house before any sandbox is there, and wasmtime
//! does not promise that it ends soon or in little memory (SECURITY.md 1.11). So a component that did not come with the
//! program is compiled in **a process of its own** (`process`, `worker`) with limits on its CPU time, memory and minutes,
//! without environment, at the lowest priority, on one thread.
//!
//! What comes out is **native code, trusted as far as the compiler is**: a component that finds a hole in the compiler can
//! put into it what it likes, in whichever process it was compiled. The process limits what compiling costs, not what its
//! result does. That it holds nothing but its input and its answer, and dies right after, is what it adds.
//!
//! Compiled code is kept on disk (`cache`) under a name that is hashed of the component's digest, the engine's
//! configuration and the host's version, and is authenticated with a key of the host's own (`key`, `entry`): whoever can
//! write a file into the cache can waste it, not run it. In front of it is the engine's memory (`kept`). All native code
//! goes through [`Native`], which holds the house's one `unsafe` call.

mod cache;
mod entry;
mod error;
mod kept;
mod key;
mod native;
mod process;
mod refusal;
mod wire;
mod worker;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::Semaphore;
use wasmtime::component::Component;

use super::load::House;
use crate::tasks::Program;
use crate::types::{Digest, SandboxLimits, UtcMillis};
use cache::Cache;
use entry::Name;
pub use error::CompileError;
pub(crate) use error::Fault;
pub(super) use kept::Kept;
use native::Native;
use refusal::misfit;
pub use worker::compile_worker;

/// How many compilers run at the same time: each may take its plugin's `compile_memory_mib`.
const AT_A_TIME: usize = 2;

/// Where components are compiled that did not come with the program.
///
/// The library does not know which program it is part of, so the embedder says what to start.
///
/// # Examples
/// ```no_run
/// // in `main`, before anything else
/// if std::env::args_os().nth(1).is_some_and(|argument| argument == "compile-worker") {
///     tollgate::compile_worker(std::io::stdin(), std::io::stdout());
///     return Ok(());
/// }
/// let compiler = tollgate::Compiler::process(std::env::current_exe()?, ["compile-worker"]);
/// let builder = tollgate::Host::builder().compiler(compiler);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Compiler(Means);

#[derive(Debug, Clone)]
enum Means {
    Process(Arc<Program>),
    InProcess,
}

impl Compiler {
    /// Starts this program for each component, with these arguments, no environment, and `/` as its directory. It calls
    /// [`compile_worker`]; it must be of the same build as the host.
    #[must_use]
    pub fn process<A: Into<OsString>>(
        program: impl Into<PathBuf>,
        args: impl IntoIterator<Item = A>,
    ) -> Self {
        let args = args.into_iter().map(Into::into).collect();
        Self(Means::Process(Arc::new(Program { path: program.into(), args })))
    }

    /// Compiles in the embedder's own process.
    ///
    /// This gives up every limit on compiling: a component can take the process's CPU time and memory for as long as the
    /// compiler works on it, and an abort of the compiler ends the whole process. Only for components that the embedder
    /// trusts that far, such as his own in a test.
    #[must_use]
    pub fn in_process() -> Self {
        Self(Means::InProcess)
    }
}

/// What compiling needs of the house. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Compiling {
    compiler: Option<Compiler>,
    cache: Option<Arc<Cache>>,
    running: Arc<Semaphore>,
}

/// A component to be compiled.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) bytes: Arc<[u8]>,
    pub(super) digest: Digest,
    /// Whether it came with the program, whose own process then compiles it.
    pub(super) is_builtin: bool,
    pub(super) limits: SandboxLimits,
}

impl Compiling {
    /// With a cache in `compiled` below this directory; without one, nothing is kept beyond the process.
    pub(crate) fn new(cache_dir: Option<&Path>, compiler: Option<Compiler>) -> Self {
        let cache = cache_dir.map(|dir| Arc::new(Cache::new(dir.join("compiled"))));
        Self { compiler, cache, running: Arc::new(Semaphore::new(AT_A_TIME)) }
    }

    /// Where this component is compiled.
    fn means(&self, wanted: &Wanted) -> Result<Means, CompileError> {
        match &self.compiler {
            _ if wanted.is_builtin => Ok(Means::InProcess),
            Some(Compiler(means)) => Ok(means.clone()),
            None => Err(CompileError::NoCompiler),
        }
    }
}

/// Takes what the engine or the cache has of this component, or compiles it.
///
/// # Errors
/// See [`CompileError`].
///
/// # Cancel safety
/// A compiler that runs for nobody any more is killed.
pub(super) async fn component(wanted: &Wanted, house: &House) -> Result<Component, CompileError> {
    let means = house.compiling.means(wanted)?;
    // boxed: it is large, and everything that loads a plugin would be, too
    house.engine.kept().get(wanted.digest, || Box::pin(obtain(wanted, means, house))).await
}

async fn obtain(wanted: &Wanted, means: Means, house: &House) -> Result<Component, CompileError> {
    let name = Name::new(wanted.digest, *house.engine.fingerprint());
    let now = house.clock.now();
    if let Some(component) = cached(name, now, house).await {
        tracing::debug!(digest = %wanted.digest, "took compiled code from the cache");
        return Ok(component);
    }
    let native = match &means {
        Means::InProcess => in_process(wanted.bytes.clone(), house).await?,
        Means::Process(program) => {
            let permit = house.compiling.running.acquire().await;
            let native = process::compile(program, wanted, house).await?;
            drop(permit);
            native
        }
    };
    let process = if matches!(means, Means::InProcess) { "own" } else { "child" };
    tracing::debug!(digest = %wanted.digest, process, "compiled a component");
    let (engine, cache) = (house.engine.clone(), house.compiling.cache.clone());
    let task = house.tasks.spawn_blocking(move || {
        let component = native.load(engine.wasmtime());
        // it was made for this engine: what does not fit into it is the component
        let component = component.map_err(|error| misfit(&error))?;
        if let Some(cache) = cache {
            cache.store(&name, &native, now);
        }
        Ok(component)
    });
    task.await.unwrap_or_else(|_| Err(CompileError::panicked()))
}

/// What the cache has. Code that does not load is forgotten there.
async fn cached(name: Name, now: UtcMillis, house: &House) -> Option<Component> {
    let (engine, cache) = (house.engine.clone(), house.compiling.cache.clone()?);
    let task = house.tasks.spawn_blocking(move || {
        let native = cache.find(&name, now)?;
        match native.load(engine.wasmtime()) {
            Ok(component) => Some(component),
            Err(error) => {
                tracing::warn!(error = %format!("{error:#}"), "code from the cache does not load");
                cache.discard(&name);
                None
            }
        }
    });
    task.await.ok().flatten()
}

async fn in_process(bytes: Arc<[u8]>, house: &House) -> Result<Native, CompileError> {
    let engine = house.engine.clone();
    let task = house.tasks.spawn_blocking(move || Native::compile(engine.wasmtime(), &bytes));
    task.await.unwrap_or_else(|_| Err(CompileError::panicked()))
}
