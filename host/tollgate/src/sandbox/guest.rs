//! One live instance of a component, from its start to the one call that it was made for.
//!
//! A guest is consumed by what ends it: after a trap, a limit, a cancelled call or a normal end its store is dropped
//! and never entered again (SECURITY.md R24), without running the guest's destructors.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use wasmtime::component::ResourceAny;
use wasmtime::{Store, UpdateDeadline};

use super::bindings::imports::tollgate::plugin::llm_types as wit;
use super::bindings::provider::exports::tollgate::plugin::provider as exports;
use super::bindings::provider::{Provider as World, ProviderPre as WorldPre};
use super::breakage::breakage;
use super::engine::{Engine, Ticking};
use super::meter::{CpuLimit, CpuMeter};
use super::state::{Plugin, State};
use crate::egress::Gate;
use crate::plugin::ProviderError;
use crate::tasks::Pace;

/// A plugin that is ready to be called.
pub(super) struct Ready {
    pub(super) engine: Engine,
    pub(super) plugin: Arc<Plugin>,
    pub(super) pre: WorldPre<State>,
}

/// A live instance.
pub(super) struct Guest {
    store: Store<State>,
    world: World,
    cpu: CpuMeter,
    _ticking: Ticking,
}

impl Guest {
    /// Makes a store and starts an instance in it, within the limits of starting one.
    pub(super) async fn start(ready: &Ready, pace: Pace, gate: Gate) -> Result<Self, ProviderError> {
        let ticking = ready.engine.tick();
        let limits = &ready.plugin.limits;
        let mut store = Store::new(
            ready.engine.wasmtime(),
            State::new(ready.plugin.clone(), ready.engine.memory().share(), pace, gate),
        );
        store.limiter(|state| &mut state.limiter);
        store.set_hostcall_fuel(limits.host_call_bytes);
        store.set_max_component_handles(limits.handles);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|context| {
            let state = context.data();
            state.cpu.check(state.cpu_limit)?;
            Ok(if state.cpu.tick() { UpdateDeadline::Yield(1) } else { UpdateDeadline::Continue(1) })
        });
        let cpu = store.data().cpu.clone();
        let started = cpu.metered(pin!(ready.pre.instantiate_async(&mut store))).await;
        match started {
            Ok(world) => Ok(Self { store, world, cpu, _ticking: ticking }),
            Err(error) => Err(breakage(&error, store.data())),
        }
    }

    /// Gives what follows a CPU account of its own.
    pub(super) fn allow(&mut self, limit: CpuLimit) {
        self.store.data_mut().cpu_limit = limit;
        self.cpu.restart();
    }

    pub(super) async fn describe(&mut self) -> Result<exports::Description, ProviderError> {
        let provider = self.world.tollgate_plugin_provider();
        let result = metered(&self.cpu, provider.call_describe(&mut self.store)).await;
        result.map_err(|error| breakage(&error, self.store.data()))
    }

    pub(super) async fn models(&mut self) -> Result<Result<Vec<exports::Model>, wit::Error>, ProviderError> {
        let provider = self.world.tollgate_plugin_provider();
        let result = metered(&self.cpu, provider.call_models(&mut self.store)).await;
        result.map_err(|error| breakage(&error, self.store.data()))
    }

    pub(super) async fn complete(
        &mut self,
        prompt: &wit::Prompt,
    ) -> Result<Result<ResourceAny, wit::Error>, ProviderError> {
        let provider = self.world.tollgate_plugin_provider();
        let result = metered(&self.cpu, provider.call_complete(&mut self.store, prompt)).await;
        result.map_err(|error| breakage(&error, self.store.data()))
    }

    pub(super) async fn next(
        &mut self,
        completion: ResourceAny,
    ) -> Result<Result<Vec<wit::Event>, wit::Error>, ProviderError> {
        let completions = self.world.tollgate_plugin_provider().completion();
        let result = metered(&self.cpu, completions.call_next(&mut self.store, completion)).await;
        result.map_err(|error| breakage(&error, self.store.data()))
    }
}

async fn metered<T>(cpu: &CpuMeter, call: impl Future<Output = T>) -> T {
    cpu.metered(pin!(call)).await
}
