//! Components that are made to be compiled at somebody else's cost. Each is a real plugin, with a module or a section more.

use tollgate_tests::guests;
use wasm_encoder::{
    BlockType, CodeSection, ComponentTypeSection, ConstExpr, CustomSection, DataSection, ElementSection,
    Elements, EntityType, ExportKind, ExportSection, Function, FunctionSection, GlobalSection, GlobalType,
    ImportSection, Instruction, MemorySection, MemoryType, Module, ModuleSection, NestedComponentSection,
    PrimitiveValType, RefType, TableSection, TableType, TypeSection, ValType,
};

/// What a bomb is called, and what makes it.
pub(super) type Bomb = (&'static str, fn() -> Vec<u8>);

pub(super) const BOMBS: [Bomb; 28] = [
    ("very many functions", || module(functions(20_000, &[Instruction::Nop]))),
    ("a function of the largest size", || module(one(7_600_000 / 3, &[I32, Instruction::Drop]))),
    ("a function that is too large", || module(one(3_000_000, &[I32, Instruction::Drop]))),
    ("deep blocks", || module(nested(10_000, &Instruction::Block(BlockType::Empty)))),
    ("deep loops", || module(nested(5_000, &Instruction::Loop(BlockType::Empty)))),
    ("deep conditions", || module(conditions(5_000))),
    ("a huge branch table", || module(branch_table(1_000_000))),
    ("the largest branch table there can be", || module(branch_table(65_000))),
    ("many branch tables", || module(branch_tables(400, 400))),
    ("a huge section of types", || module(types(200_000, 2))),
    ("types with all the parameters there are", || module(types(2_000, 1000))),
    ("all the locals there are", || module(locals(50_000, 50))),
    ("locals that live through many loops", || module(locals(1_500, 1_500))),
    ("a deep stack of operands", || module(operands(50_000))),
    ("many calls", || module(one(50_000, &[Instruction::Call(0)]))),
    ("many loads", || module(memory_accesses(100_000))),
    ("many divisions", || module(one(100_000, &[I32, I32, Instruction::I32DivS, Instruction::Drop]))),
    ("a huge segment of data", || module(data(1, 6 << 20))),
    ("many segments of data", || module(data(100_000, 1))),
    ("a huge table of functions", || module(elements(300_000))),
    ("very many globals", || module(globals(200_000))),
    ("very many imports of a module", || module(imports(100_000))),
    ("very many exports of a module", || module(exports(100_000))),
    ("a huge custom section", || module(custom(6 << 20))),
    ("very many modules", || repeated(2_000, &ModuleSection(&Module::new()))),
    ("very many component types", || component_types(200_000)),
    ("component types that double", || doubling_types(60)),
    ("components within components", || nested_components(400)),
];

const I32: Instruction<'static> = Instruction::I32Const(1);

/// A plugin that takes many minutes to compile.
pub(super) fn slow() -> Vec<u8> {
    module(locals(20_000, 15_000))
}

// === plugins with something more ===

fn module(module: Module) -> Vec<u8> {
    repeated(1, &ModuleSection(&module))
}

pub(super) fn repeated(count: usize, section: &impl wasm_encoder::ComponentSection) -> Vec<u8> {
    let mut plugin = guests::TRAPS.bytes();
    (0..count).for_each(|_| section.append_to_component(&mut plugin));
    plugin
}

fn component_types(count: usize) -> Vec<u8> {
    let mut section = ComponentTypeSection::new();
    (0..count).for_each(|_| section.defined_type().primitive(PrimitiveValType::U64));
    repeated(1, &section)
}

/// Each type holds the one before it twice. The plugin has fewer types than the number that the first refers to.
fn doubling_types(depth: u32) -> Vec<u8> {
    let mut inner = wasm_encoder::Component::new();
    let mut section = ComponentTypeSection::new();
    section.defined_type().primitive(PrimitiveValType::U64);
    for index in 0..depth {
        let before = wasm_encoder::ComponentValType::Type(index);
        section.defined_type().tuple([before, before]);
    }
    inner.section(&section);
    repeated(1, &NestedComponentSection(&inner))
}

fn nested_components(depth: usize) -> Vec<u8> {
    let mut inner = wasm_encoder::Component::new();
    for _ in 0..depth {
        let mut outer = wasm_encoder::Component::new();
        outer.section(&NestedComponentSection(&inner));
        inner = outer;
    }
    repeated(1, &NestedComponentSection(&inner))
}

// === modules ===

/// The memory of a module that needs one.
const ONE_PAGE: MemoryType =
    MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None };

/// A module of functions without parameters or results, with a memory.
fn code(functions: &[Function], extend: impl FnOnce(&mut Module)) -> Module {
    let (mut types, mut declared, mut memories) =
        (TypeSection::new(), FunctionSection::new(), MemorySection::new());
    types.ty().function([], []);
    memories.memory(ONE_PAGE);
    for _ in functions.iter() {
        declared.function(0);
    }
    let mut module = Module::new();
    module.section(&types).section(&declared).section(&memories);
    extend(&mut module);
    let mut bodies = CodeSection::new();
    for function in functions.iter() {
        bodies.function(function);
    }
    module.section(&bodies);
    module
}

fn body(locals: u32, instructions: impl FnOnce(&mut Function)) -> Function {
    let mut function = Function::new([(locals, ValType::I64)]);
    instructions(&mut function);
    function.instruction(&Instruction::End);
    function
}

fn functions(count: usize, instructions: &[Instruction<'_>]) -> Module {
    let function = body(0, |function| {
        for one in instructions {
            function.instruction(one);
        }
    });
    code(&vec![function; count], |_| {})
}

/// One function that does this so often.
fn one(times: usize, instructions: &[Instruction<'_>]) -> Module {
    let repeat = |function: &mut Function| {
        for _ in 0..times {
            for one in instructions.iter() {
                function.instruction(one);
            }
        }
    };
    code(&[body(0, repeat)], |_| {})
}

fn nested(depth: usize, opens: &Instruction<'_>) -> Module {
    let nest = |function: &mut Function| {
        for _ in 0..depth {
            function.instruction(opens);
        }
        for _ in 0..depth {
            function.instruction(&Instruction::End);
        }
    };
    code(&[body(0, nest)], |_| {})
}

fn conditions(depth: usize) -> Module {
    let nest = |function: &mut Function| {
        for _ in 0..depth {
            function.instruction(&I32).instruction(&Instruction::If(BlockType::Empty));
        }
        for _ in 0..depth {
            function.instruction(&Instruction::Else).instruction(&Instruction::End);
        }
    };
    code(&[body(0, nest)], |_| {})
}

fn branch_table(targets: usize) -> Module {
    let table = |function: &mut Function| {
        function.instruction(&I32).instruction(&Instruction::BrTable(vec![0; targets].into(), 0));
    };
    code(&[body(0, table)], |_| {})
}

/// So many tables, one in the other, each with a branch to all of them.
fn branch_tables(depth: u32, targets: u32) -> Module {
    let tables = |function: &mut Function| {
        for _ in 0..depth {
            function.instruction(&Instruction::Block(BlockType::Empty));
        }
        for left in (1..=depth).rev() {
            let all = (0..targets).map(|target| target % left).collect::<Vec<_>>();
            function.instruction(&I32).instruction(&Instruction::BrTable(all.into(), 0));
            function.instruction(&Instruction::End);
        }
    };
    code(&[body(0, tables)], |_| {})
}

fn types(count: usize, params: usize) -> Module {
    let mut section = TypeSection::new();
    for index in 0..count {
        let kind = if index % 2 == 0 { ValType::I32 } else { ValType::F64 };
        section.ty().function(vec![kind; params], [ValType::I64]);
    }
    let mut module = Module::new();
    module.section(&section);
    module
}

/// Every local is set in every loop, from one that an earlier loop set.
fn locals(count: u32, loops: u32) -> Module {
    let work = |function: &mut Function| {
        for index in 0..loops {
            function.instruction(&Instruction::Loop(BlockType::Empty));
            for step in 0..8 {
                let (from, to) = ((index * 7 + step) % count, (index * 13 + step * 31) % count);
                function.instruction(&Instruction::LocalGet(from)).instruction(&Instruction::LocalGet(to));
                function.instruction(&Instruction::I64Add).instruction(&Instruction::LocalSet(to));
            }
            function.instruction(&Instruction::LocalGet(index % count)).instruction(&Instruction::I32WrapI64);
            function.instruction(&Instruction::BrIf(index / 2));
        }
        for _ in 0..loops {
            function.instruction(&Instruction::End);
        }
    };
    code(&[body(count, work)], |_| {})
}

fn operands(depth: usize) -> Module {
    let pile = |function: &mut Function| {
        for _ in 0..depth {
            function.instruction(&Instruction::LocalGet(0));
        }
        for _ in 1..depth {
            function.instruction(&Instruction::I64Xor);
        }
        function.instruction(&Instruction::Drop);
    };
    code(&[body(1, pile)], |_| {})
}

fn memory_accesses(count: usize) -> Module {
    let at = wasm_encoder::MemArg { offset: 1 << 20, align: 0, memory_index: 0 };
    one(count, &[I32, Instruction::I64Load(at), Instruction::Drop])
}

fn data(count: usize, bytes: usize) -> Module {
    let mut segments = DataSection::new();
    for _ in 0..count {
        segments.active(0, &ConstExpr::i32_const(0), vec![7; bytes]);
    }
    let (mut memories, mut module) = (MemorySection::new(), Module::new());
    memories.memory(ONE_PAGE);
    module.section(&memories).section(&segments);
    module
}

fn elements(count: usize) -> Module {
    let (mut types, mut declared, mut bodies) =
        (TypeSection::new(), FunctionSection::new(), CodeSection::new());
    let (mut tables, mut segments) = (TableSection::new(), ElementSection::new());
    types.ty().function([], []);
    declared.function(0);
    bodies.function(&body(0, |_| {}));
    let minimum = u64::try_from(count).unwrap();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        minimum,
        maximum: None,
        table64: false,
        shared: false,
    });
    segments.active(None, &ConstExpr::i32_const(0), Elements::Functions(vec![0; count].into()));
    let mut module = Module::new();
    module.section(&types).section(&declared).section(&tables).section(&segments).section(&bodies);
    module
}

fn globals(count: usize) -> Module {
    let mut section = GlobalSection::new();
    let kind = GlobalType { val_type: ValType::I64, mutable: true, shared: false };
    for _ in 0..count {
        section.global(kind, &ConstExpr::i64_const(1));
    }
    let mut module = Module::new();
    module.section(&section);
    module
}

fn imports(count: usize) -> Module {
    let (mut types, mut section) = (TypeSection::new(), ImportSection::new());
    types.ty().function([], []);
    for index in 0..count {
        section.import("m", &format!("f{index}"), EntityType::Function(0));
    }
    let mut module = Module::new();
    module.section(&types).section(&section);
    module
}

fn exports(count: usize) -> Module {
    code(&[body(0, |_| {})], |module| {
        let mut section = ExportSection::new();
        for index in 0..count {
            section.export(&format!("f{index}"), ExportKind::Func, 0);
        }
        module.section(&section);
    })
}

fn custom(bytes: usize) -> Module {
    let mut module = Module::new();
    module.section(&CustomSection { name: "name".into(), data: vec![0xff; bytes].into() });
    module
}
