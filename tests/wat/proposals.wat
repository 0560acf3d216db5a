;; Components that use what this host does not run, one for each proposal (SECURITY.md R27). Each says by its export
;; that it is a provider, so that it gets as far as the compiler.

;;; threads
(component
  (core module
    (memory 1)
    (func (result i32) (i32.atomic.rmw.add (i32.const 0) (i32.const 1))))
  (instance $provider) (export "tollgate:plugin/provider@0.1.0" (instance $provider)))

;;; shared-memory
(component
  (core module (memory 1 1 shared))
  (instance $provider) (export "tollgate:plugin/provider@0.1.0" (instance $provider)))

;;; memory64
(component
  (core module (memory i64 1))
  (instance $provider) (export "tollgate:plugin/provider@0.1.0" (instance $provider)))

;;; table64
(component
  (core module (table i64 1 funcref))
  (instance $provider) (export "tollgate:plugin/provider@0.1.0" (instance $provider)))

;;; gc
(component
  (core module
    (type $point (struct (field i32)))
    (func (drop (struct.new $point (i32.const 1)))))
  (instance $provider) (export "tollgate:plugin/provider@0.1.0" (instance $provider)))

;;; function-references
(component
  (core module
    (type $call (func))
    (func (param (ref null $call)) (call_ref $call (local.get 0))))
  (instance $provider) (export "tollgate:plugin/provider@0.1.0" (instance $provider)))

;;; exceptions
(component
  (core module
    (tag $oops)
    (func (throw $oops)))
  (instance $provider) (export "tollgate:plugin/provider@0.1.0" (instance $provider)))

;;; stack-switching
(component
  (core module
    (type $call (func))
    (type $later (cont $call))
    (func (param (ref null $later)) (resume $later (local.get 0))))
  (instance $provider) (export "tollgate:plugin/provider@0.1.0" (instance $provider)))

;;; tail-calls
(component
  (core module (func $again (return_call $again)))
  (instance $provider) (export "tollgate:plugin/provider@0.1.0" (instance $provider)))

;;; custom-page-sizes
(component
  (core module (memory 1 (pagesize 1)))
  (instance $provider) (export "tollgate:plugin/provider@0.1.0" (instance $provider)))

;;; wide-arithmetic
(component
  (core module
    (func (param i64 i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 1))))
  (instance $provider) (export "tollgate:plugin/provider@0.1.0" (instance $provider)))

;;; component-model-async
(component
  (core module $module (func (export "run") (result i32) unreachable) (func (export "then") (param i32 i32 i32) (result i32) unreachable))
  (core instance $instance (instantiate $module))
  (func (export "run") async
    (canon lift (core func $instance "run") async (callback (func $instance "then"))))
  (instance $provider) (export "tollgate:plugin/provider@0.1.0" (instance $provider)))

;;; component-model-streams
(component
  (type $bytes (stream u8))
  (core func (canon stream.new $bytes))
  (instance $provider) (export "tollgate:plugin/provider@0.1.0" (instance $provider)))
