;; Never stops computing, in every place where a guest's code runs (SECURITY.md R01 to R06).

;;; start
;;@ module
(start $spin)

;;; describe
;;@ describe
(call $spin)

;;; complete
;;@ complete
(call $spin)

;;; next
;;@ next
(call $spin)

;;; realloc
;; while the host lowers a long prompt
;;@ realloc
(if (i32.gt_u (local.get $size) (i32.const 100000)) (then (call $spin)))

;;; realloc-of-setting
;; while the host hands a setting over, inside a call of the guest's own
;;@ complete
(call $setting (i32.const 4100) (i32.const 5) (i32.const 12288))
;;@ realloc
(if (i32.gt_u (local.get $size) (i32.const 100000)) (then (call $spin)))

;;; post-return
;; after the first events, which the host has read by then
;;@ module
(func (export "cabi_post_tollgate:plugin/provider@0.1.0#[method]completion.next") (param i32) (call $spin))

;;; post-return-of-complete
;;@ module
(func (export "cabi_post_tollgate:plugin/provider@0.1.0#complete") (param i32) (call $spin))

;;; post-return-of-describe
;;@ module
(func (export "cabi_post_tollgate:plugin/provider@0.1.0#describe") (param i32) (call $spin))

;;; destructor
;; of the completion, which nobody drops before its store is gone
;;@ module
(data (i32.const 4200) "the destructor of a completion ran")
(func (export "tollgate:plugin/provider@0.1.0#[dtor]completion") (param i32)
  (call $log (i32.const 4) (i32.const 4200) (i32.const 34))
  (call $spin))

;;; copy
;; 120 MiB at a time, without a moment in between in which an epoch is looked at
;;@ complete
(drop (memory.grow $memory (i32.const 1920)))
(loop $again
  (memory.copy (i32.const 65536) (i32.const 131072) (i32.const 125000000))
  (br $again))

;;; fill
;;@ complete
(drop (memory.grow $memory (i32.const 1920)))
(loop $again
  (memory.fill (i32.const 65536) (i32.const 7) (i32.const 125000000))
  (br $again))
