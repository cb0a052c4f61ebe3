// Fills the table of an instruction set from the templates of simd.inl.
template <int MR, bool TA>
void fill_tile(Tile* table) {
  table[MR - 1] = tile<MR, TA>;
  if constexpr (MR > 1) fill_tile<MR - 1, TA>(table);
}

void to_bf16_scalar(const float* x, int n, uint16_t* y) {
  for (int i = 0; i < n; ++i) y[i] = bf16_scalar(x[i]);
}

Kernels make_kernels(const char* name) {
  Kernels t = {};
  t.name = name;
  t.mr = kMR;
  t.nr = kNR;
  t.kc = 384;
  fill_tile<kMR, false>(t.tile);
  fill_tile<kMR, true>(t.tile_t);
  t.finish = finish;
  t.layer_norm = layer_norm;
  t.layer_norm_vjp = layer_norm_vjp;
  t.softmax = softmax;
  t.softmax_vjp = softmax_vjp;
  t.to_bf16 = to_bf16_scalar;
  t.peak = peak;
  return t;
}
