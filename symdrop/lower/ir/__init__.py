"""The intermediate representation of kernels: vector operations, loop nests, control flow over kernels, the frame.

Its grammar; ``x*`` is any number of x, ``[x]`` none or one, and a name in lower case a number or a text:

    LoweredModule ::= FrameLayout  prepare: Block  nests: LoopNest*  items: Statement*  Region*
                      in_place: (output input)*

    Statement     ::= number of a LoopNest | For | If
    For           ::= for position in first .. first + count [reverse] [until Buffer]: Statement*
    If            ::= if word: Statement* otherwise: Statement*
    Region        ::= numbers of LoopNest*, begin .. end  loops: For*  work: word  finest

    LoopNest      ::= title  KernelCode  Renaming  reads: Buffer*  writes: Buffer*
    KernelCode    ::= Block  [NontemporalVariant]
    Renaming      ::= (Buffer -> Buffer)*  (word -> word)*
    NontemporalVariant ::= choice: Block  may_run: Value  Block
    Block         ::= (Value | Loop | BlockLoop | PackingLoop)*
    Loop          ::= for index in range(start: Value, stop: Value, step) [is_remainder]: Carried* Block
    BlockLoop     ::= for rows, columns in blocks of product: Value: Block
    PackingLoop   ::= for rows, steps in panels of operand: Private  own: Private*: Block
    Carried       ::= now: Value  first: Value  next: Value
    Value         ::= dtype x width = op(Value*, attribute)  depth  [Span]
    Span          ::= name(Value*) -> Value*
    Function      ::= name(Value*): Block -> Value*
    Procedure     ::= name(memory: name*, numbers: (name Value)*): Block

    op            ::= constant | word | thread | threads | index | carried | result | parameter
                    | iota | splat | part | interleave | shift_in | shuffle | convert | saturate | bits
                    | load | gather | store | stream | fence | prefetch | set_word | check
                    | add | sub | mul | div | neg | abs | fma | sqrt | floor | ceil | trunc | rint | copysign
                    | and | or | xor | not | shl | shr | rotate
                    | lt | le | gt | ge | eq | ne | select
                    | call | call_where | function | taken | invoke | call_pointer | product

    FrameLayout   ::= inputs: Buffer*  outputs: Buffer*  constants: Buffer*  words
    Buffer        ::= name  dtype  sizes  word  [in_arena]  [RowAddress]
    Private       ::= name  dtype  elements
    RowAddress    ::= Buffer [ [position word +] offset ]  sizes of a row

Static single assignment: every value is made by one operation, and stands in the block of the innermost loop that it
depends on. ``printer.py`` prints all of it, ``verifier.py`` and ``build/module_verifier.py`` say what must hold.

Read next: vector_ir.py
"""
