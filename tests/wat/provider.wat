;; A provider in WebAssembly text. As it stands it is a good one: its model `well` answers "well". The other files of
;; this directory change it in the places that are marked `(;name;)`, each into something that no compiler would make.
;;
;; What it hands over lies at fixed addresses, in the canonical ABI's layout:
;;
;;   1024  description                 4096  texts
;;   2048  its one model               8192  what `complete` returns
;;   2560  what `models` returns       8448  what `next` returns
;;                                     8704  two events: a text delta and a finish
;;  16384  what is allocated, from here on
(module
  (import "[export]tollgate:plugin/provider@0.1.0" "[resource-new]completion" (func $new (param i32) (result i32)))
  (import "tollgate:plugin/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (import "tollgate:plugin/config@0.1.0" "get" (func $setting (param i32 i32 i32)))
  (memory $memory (export "memory") 1)
  (global $heap (mut i32) (i32.const 16384))
  (global $turn (mut i32) (i32.const 0))

  ;; name, version, summary, no home page; no key slots, endpoints and settings; one model; lists none
  (data (i32.const 1024) (i32 4096 4  4096 4  4096 4  0 0 0  8 0  8 0  8 0  2048 1  0))
  ;; name; no aliases, display name, key slot, capabilities, attachments, options; no window, no most output
  (data (i32.const 2048) (i32 4096 4  8 0  0 0 0  0 0 0  8 0  8 0  8 0) (i64 0 0  0 0))
  (data (i32.const 2560) (i32 0 0  2048 1))
  (data (i32.const 4096) "wellpatch\00")
  (data (i32.const 8448) (i32 0 0  8704 2))
  (data (i32.const 8704) (i32 0 0  0  4096 4  0 0 0))
  (data (i32.const 8800) (i32 6 0  0 0 0))

  (func $spin (loop $again (br $again)))

  (func $realloc (export "cabi_realloc") (param $old i32) (param $had i32) (param $align i32) (param $size i32)
    (result i32)
    (local $at i32)
    (;realloc;)
    (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
    (global.set $heap (i32.add (local.get $at) (local.get $size)))
    (block $enough
      (br_if $enough (i32.le_u (global.get $heap) (i32.shl (memory.size $memory) (i32.const 16))))
      (if (i32.lt_s
            (memory.grow $memory (i32.add (i32.shr_u (local.get $size) (i32.const 16)) (i32.const 1)))
            (i32.const 0))
        (then unreachable)))
    (memory.copy (local.get $at) (local.get $old) (local.get $had))
    (local.get $at))

  (func (export "tollgate:plugin/provider@0.1.0#describe") (result i32)
    (;describe;)
    (i32.const 1024))

  (func (export "tollgate:plugin/provider@0.1.0#models") (result i32)
    (;models;)
    (i32.const 2560))

  (func (export "tollgate:plugin/provider@0.1.0#complete") (param $prompt i32) (result i32)
    (i32.store (i32.const 8200) (call $new (i32.const 1)))
    (;complete;)
    (i32.const 8192))

  ;; the events, and at the next call none
  (func (export "tollgate:plugin/provider@0.1.0#[method]completion.next") (param $completion i32) (result i32)
    (if (global.get $turn) (then (i32.store (i32.const 8460) (i32.const 0))))
    (global.set $turn (i32.const 1))
    (;next;)
    (i32.const 8448))

  (;module;)
)
