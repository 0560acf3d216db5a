//! Temporary.
use crate::plugin::Seen;
use crate::secret::Credential;
use crate::types::*;
use std::sync::Arc;
#[derive(Debug, Clone)]
pub struct Egress;
#[derive(Debug, Clone)]
pub struct Outlet;
#[derive(Debug)]
pub struct Gate;
impl Egress {
    pub fn outlet(&self, _: PluginName, _: Arc<Grant>, _: Vec<Endpoint>, _: EgressLimits) -> Outlet {
        Outlet
    }
}
impl Outlet {
    pub fn gate(&self, _: Option<Credential>, _: Arc<Seen>, _: RequestId) -> Gate {
        Gate
    }
}
impl wasmtime_wasi_http::WasiHttpHooks for Gate {
    fn send_request(
        &mut self,
        _: http::Request<wasmtime_wasi_http::WasiBody>,
        _: Option<wasmtime_wasi_http::RequestOptions>,
        _: Box<dyn Future<Output = Result<(), wasmtime_wasi_http::Error>> + Send>,
    ) -> Box<
        dyn Future<
                Output = Result<
                    (
                        http::Response<wasmtime_wasi_http::WasiBody>,
                        Box<dyn Future<Output = Result<(), wasmtime_wasi_http::Error>> + Send>,
                    ),
                    wasmtime_wasi_http::Error,
                >,
            > + Send,
    > {
        todo!()
    }
}
#[derive(Debug, Clone, thiserror::Error)]
#[error("x")]
pub struct EgressError;
#[async_trait::async_trait]
pub trait Resolver: Send + Sync + std::fmt::Debug {
    async fn resolve(&self, host: &str) -> std::io::Result<Vec<std::net::IpAddr>>;
}
#[derive(Debug)]
pub struct SystemResolver;
#[derive(Debug, Clone, Default)]
pub struct TlsRoots;
pub struct EgressOptions {
    pub resolver: Option<Arc<dyn Resolver>>,
    pub tls_roots: TlsRoots,
    pub proxy: Option<Origin>,
    pub ca_file: Option<std::path::PathBuf>,
}
impl Egress {
    pub fn new(_: crate::tasks::Tasks, _: EgressOptions) -> Result<Self, EgressError> {
        Ok(Egress)
    }
}
