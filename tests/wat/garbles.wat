;; Values that no compiler would hand over (SECURITY.md R14, R15, R25).

;;; patch
;; writes over its own answers what the setting `patch` says, before it hands them over: the first letter is the call
;; (`d`escribe, `m`odels, `c`omplete, `n`ext), then come triples of a two-byte address and a byte, in nibbles `a` to `p`
;;@ describe
(call $patch (i32.const 100))
;;@ models
(call $patch (i32.const 109))
;;@ complete
(call $patch (i32.const 99))
;;@ next
(call $patch (i32.const 110))
;;@ module
(func $byte (param $at i32) (result i32)
  (i32.or
    (i32.shl (i32.sub (i32.load8_u (local.get $at)) (i32.const 97)) (i32.const 4))
    (i32.sub (i32.load8_u offset=1 (local.get $at)) (i32.const 97))))
(func $patch (param $call i32) (local $at i32) (local $end i32)
  (call $setting (i32.const 4100) (i32.const 5) (i32.const 12288))
  (if (i32.eqz (i32.load8_u (i32.const 12288))) (then (return)))
  (local.set $at (i32.load (i32.const 12304)))
  (local.set $end (i32.add (local.get $at) (i32.load (i32.const 12308))))
  (if (i32.ne (i32.load8_u (local.get $at)) (local.get $call)) (then (return)))
  (local.set $at (i32.add (local.get $at) (i32.const 1)))
  (loop $again
    (if (i32.ge_u (local.get $at) (local.get $end)) (then (return)))
    (i32.store8
      (i32.or
        (i32.shl (call $byte (local.get $at)) (i32.const 8))
        (call $byte (i32.add (local.get $at) (i32.const 2))))
      (call $byte (i32.add (local.get $at) (i32.const 4))))
    (local.set $at (i32.add (local.get $at) (i32.const 6)))
    (br $again)))

;;; lone-surrogates
;; its texts are in UTF-16, and half of a character is missing
;;@ encoding utf16
;;@ describe
(i32.store (i32.const 4096) (i32.const 0xd800d800))

;;; lone-surrogates-in-a-log-line
;;@ encoding utf16
;;@ module
(data (i32.const 4096) "w\00e\00l\00l\00")
;;@ complete
(i32.store (i32.const 12288) (i32.const 0xdc00d800))
(i32.store (i32.const 12292) (i32.const 0xd800dc00))
(call $log (i32.const 2) (i32.const 12288) (i32.const 4))

;;; log-line-that-is-not-there
;; one log line of 2 GiB that it does not have
;;@ complete
(call $log (i32.const 2) (i32.const 0) (i32.const 0x7fffffff))

;;; long-log-line
;; one log line of 20 MiB that it does have
;;@ complete
(drop (memory.grow $memory (i32.const 330)))
(call $log (i32.const 2) (i32.const 65536) (i32.const 20971520))

;;; long-text
;; an answer of 100 MiB
;;@ next
(drop (memory.grow $memory (i32.const 1610)))
(i32.store (i32.const 8716) (i32.const 65536))
(i32.store (i32.const 8720) (i32.const 104857600))

;;; long-list
;; a hundred million events
;;@ next
(i32.store (i32.const 8460) (i32.const 100000000))

;;; long-list-that-is-there
;; a million events
;;@ next
(drop (memory.grow $memory (i32.const 1600)))
(i32.store (i32.const 8456) (i32.const 65536))
(i32.store (i32.const 8460) (i32.const 1000000))

;;; long-setting-name
;; a name of 2 GiB that it does not have
;;@ complete
(call $setting (i32.const 0) (i32.const 0x7fffffff) (i32.const 12288))

;;; bad-log-level
;;@ complete
(call $log (i32.const 77) (i32.const 4096) (i32.const 4))

;;; log-line-that-is-no-text
;;@ complete
(i32.store (i32.const 12288) (i32.const 0xfffefdfc))
(call $log (i32.const 2) (i32.const 12288) (i32.const 4))

;;; realloc-gives-nothing
;;@ realloc
(if (i32.gt_u (local.get $size) (i32.const 3)) (then (return (i32.const 0))))

;;; realloc-gives-what-is-not-there
;;@ realloc
(return (i32.const -16))

;;; realloc-gives-odd-addresses
;;@ realloc
(return (i32.const 16385))

;;; same-completion-twice
;; hands over a handle that it has not got
;;@ complete
(i32.store (i32.const 8200) (i32.const 999))

;;; calls-back
;; makes a completion while one is being given back
;;@ module
(func (export "cabi_post_tollgate:plugin/provider@0.1.0#complete") (param i32) (drop (call $new (i32.const 2))))

;;; odd-numbers
;; an option between NaN and less than everything, with a value that is called `well`
;;@ module
(data (i32.const 3072) (i32 4096 4  4096 4  2 0  1 0) (f64 nan) (i32 1 0) (f64 -inf) (i32 0 0 0 0))
(data (i32.const 2104) (i32 3072 1))

;;; odd-integers
;; an option between the largest number and the smallest
;;@ module
(data (i32.const 3072) (i32 4096 4  4096 4  1 0  1 0) (i64 0x7fffffffffffffff) (i32 1 0) (i64 0x8000000000000000) (i32 0 0 0 0))
(data (i32.const 2104) (i32 3072 1))
