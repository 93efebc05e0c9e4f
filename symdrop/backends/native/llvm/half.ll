; Conversions of 16-bit numbers, for machines without instructions for them: LLVM calls these two functions.
; To float32: normal numbers get another exponent; below them the fraction is a number of 2**-24ths; inf and NaN keep
; theirs. To float16: what is dropped is rounded by adding just under half of the last place kept; small numbers by
; adding 0.5, whose last place is 2**-24.

define float @__extendhfsf2(half %x) nounwind {
  %short = bitcast half %x to i16
  %bits = zext i16 %short to i32
  %sign.16 = and i32 %bits, 32768
  %sign = shl i32 %sign.16, 16
  %size = and i32 %bits, 32767
  %moved = shl i32 %size, 13
  %normal = add i32 %moved, 939524096
  %count = sitofp i32 %size to float
  %small.float = fmul float %count, 0x3E70000000000000
  %small = bitcast float %small.float to i32
  %special = or i32 %moved, 2139095040
  %quiet = or i32 %special, 4194304
  %is.small = icmp ult i32 %size, 1024
  %is.special = icmp uge i32 %size, 31744
  %is.nan = icmp ugt i32 %size, 31744
  %a = select i1 %is.small, i32 %small, i32 %normal
  %b = select i1 %is.special, i32 %special, i32 %a
  %c = select i1 %is.nan, i32 %quiet, i32 %b
  %all = or i32 %c, %sign
  %made = bitcast i32 %all to float
  ret float %made
}

define half @__truncsfhf2(float %x) nounwind {
  %bits = bitcast float %x to i32
  %sign.32 = and i32 %bits, -2147483648
  %sign = lshr i32 %sign.32, 16
  %size = and i32 %bits, 2147483647
  %kept = lshr i32 %size, 13
  %odd = and i32 %kept, 1
  %under = add i32 %size, -939520001
  %rounded = add i32 %under, %odd
  %normal = lshr i32 %rounded, 13
  %absolute = bitcast i32 %size to float
  %sum = fadd float %absolute, 0x3FE0000000000000
  %sum.bits = bitcast float %sum to i32
  %small = sub i32 %sum.bits, 1056964608
  %fraction = and i32 %kept, 1023
  %nan = or i32 %fraction, 32256
  %is.small = icmp ult i32 %size, 947912704
  %is.large = icmp uge i32 %size, 1199566848
  %is.nan = icmp ugt i32 %size, 2139095040
  %a = select i1 %is.small, i32 %small, i32 %normal
  %b = select i1 %is.large, i32 31744, i32 %a
  %c = select i1 %is.nan, i32 %nan, i32 %b
  %all = or i32 %c, %sign
  %short = trunc i32 %all to i16
  %made = bitcast i16 %short to half
  ret half %made
}
