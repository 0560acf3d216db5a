;; More memories, tables, instances and handles than there are (SECURITY.md R07, R08, R16).

;;; eight-memories
;; as many as there may be; all grow in turns until one is told no, and then it gives up
;;@ module
(memory $b 1) (memory $c 1) (memory $d 1) (memory $e 1) (memory $f 1) (memory $g 1) (memory $h 1)
;;@ complete
(loop $again
  (if (i32.or (i32.lt_s (memory.grow $memory (i32.const 16)) (i32.const 0))
      (i32.or (i32.lt_s (memory.grow $b (i32.const 16)) (i32.const 0))
      (i32.or (i32.lt_s (memory.grow $c (i32.const 16)) (i32.const 0))
      (i32.or (i32.lt_s (memory.grow $d (i32.const 16)) (i32.const 0))
      (i32.or (i32.lt_s (memory.grow $e (i32.const 16)) (i32.const 0))
      (i32.or (i32.lt_s (memory.grow $f (i32.const 16)) (i32.const 0))
      (i32.or (i32.lt_s (memory.grow $g (i32.const 16)) (i32.const 0))
              (i32.lt_s (memory.grow $h (i32.const 16)) (i32.const 0)))))))))
    (then unreachable))
  (memory.fill $b (i32.const 0) (i32.const 1) (i32.shl (memory.size $b) (i32.const 16)))
  (memory.fill $h (i32.const 0) (i32.const 1) (i32.shl (memory.size $h) (i32.const 16)))
  (br $again))

;;; nine-memories
;;@ module
(memory $b 1) (memory $c 1) (memory $d 1) (memory $e 1) (memory $f 1) (memory $g 1) (memory $h 1) (memory $i 1)

;;; large-from-the-start
;; three memories that fit one by one
;;@ module
(memory $b 800) (memory $c 800) (memory $d 800)

;;; too-large-for-the-pool
;;@ module
(memory $b 4096)

;;; grows-at-once
;; asks for 4 GiB in one step, is told no, and gives up
;;@ complete
(if (i32.lt_s (memory.grow $memory (i32.const 65535)) (i32.const 0)) (then unreachable))

;;; table-that-grows
;;@ module
(table $t 1 funcref)
;;@ complete
(loop $again
  (if (i32.lt_s (table.grow $t (ref.null func) (i32.const 1000)) (i32.const 0)) (then unreachable))
  (br $again))

;;; table-that-grows-at-once
;;@ module
(table $t 1 funcref)
;;@ complete
(if (i32.lt_s (table.grow $t (ref.null func) (i32.const 0x7fffffff)) (i32.const 0)) (then unreachable))

;;; large-tables
;; four that fit one by one
;;@ module
(table 30000 funcref) (table 30000 funcref) (table 30000 funcref) (table 30000 funcref)

;;; many-tables
;;@ module
(table 1 funcref) (table 1 funcref) (table 1 funcref) (table 1 funcref) (table 1 funcref) (table 1 funcref)
(table 1 funcref) (table 1 funcref) (table 1 funcref) (table 1 funcref) (table 1 funcref) (table 1 funcref)
(table 1 funcref) (table 1 funcref) (table 1 funcref) (table 1 funcref) (table 1 funcref)

;;; table-too-large-for-the-pool
;;@ module
(table 1000000 funcref)

;;; handles
;; to completions of its own, one after the other
;;@ complete
(loop $again (drop (call $new (i32.const 1))) (br $again))
