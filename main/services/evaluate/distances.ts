/**
 * Distances between two sets of features [n, d]. Whether they may be called FID or KID depends on what made the features,
 * which the caller names. test/golden/distances.json holds the same numbers by SciPy.
 */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

export interface Features {
  /** Row-major [n, dims]. */
  readonly data: Float32Array;
  readonly dims: number;
}

/** Mean, covariance (n - 1) and its square root: of a reference set they are wanted once for many arms. */
export interface Moments {
  readonly mean: Float64Array;
  readonly covariance: Matrix;
  readonly root: Matrix;
}

const rowsOf = ({ data, dims }: Features): number => {
  const n = data.length / dims;
  if (!Number.isInteger(n) || n < 2)
    throw new RangeError(`expected at least 2 rows of ${dims} features, got ${data.length} numbers`);
  return n;
};

/** Square roots of the eigenvalues (noise below 0 counts as 0) and the vectors of a symmetric matrix. */
function rootsOf(symmetric: Matrix): { roots: number[]; vectors: Matrix } {
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(symmetric, {
    assumeSymmetric: true,
  });
  return { roots: realEigenvalues.map((v) => Math.sqrt(Math.max(0, v))), vectors: eigenvectorMatrix };
}

function gaussian(features: Features): { mean: Float64Array; covariance: Matrix } {
  const n = rowsOf(features);
  const { data, dims } = features;
  const mean = new Float64Array(dims);
  for (let i = 0; i < data.length; i++) mean[i % dims] = (mean[i % dims] as number) + (data[i] as number) / n;
  const sum = new Float64Array(dims * dims);
  const row = new Float64Array(dims);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < dims; k++) row[k] = (data[i * dims + k] as number) - (mean[k] as number);
    for (let k = 0; k < dims; k++) {
      const x = row[k] as number;
      if (x === 0) continue;
      for (let l = k; l < dims; l++)
        sum[k * dims + l] = (sum[k * dims + l] as number) + x * (row[l] as number);
    }
  }
  const covariance = Matrix.zeros(dims, dims);
  for (let k = 0; k < dims; k++)
    for (let l = k; l < dims; l++) {
      const value = (sum[k * dims + l] as number) / (n - 1);
      covariance.set(k, l, value);
      covariance.set(l, k, value);
    }
  return { mean, covariance };
}

/** What `frechet` needs of its reference set. Throws RangeError with fewer than 2 rows. */
export function momentsOf(features: Features): Moments {
  const { mean, covariance } = gaussian(features);
  const { roots, vectors } = rootsOf(covariance);
  const scaled = vectors.clone();
  for (let k = 0; k < roots.length; k++) scaled.mulColumn(k, roots[k] as number);
  return { mean, covariance, root: scaled.mmul(vectors.transpose()) };
}

/**
 * |mu_a - mu_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2)). The trace of the root is that of the symmetric
 * (C_b^(1/2) C_a C_b^(1/2))^(1/2), which needs no complex numbers, also with fewer rows than features.
 */
export function frechet(a: Features, reference: Moments): number {
  if (a.dims !== reference.mean.length)
    throw new RangeError(`features of ${a.dims} and of ${reference.mean.length} dimensions`);
  const { mean, covariance } = gaussian(a);
  const inner = reference.root.mmul(covariance).mmul(reference.root);
  const symmetric = inner.add(inner.transpose()).mul(0.5);
  let out = covariance.trace() + reference.covariance.trace();
  for (const root of rootsOf(symmetric).roots) out -= 2 * root;
  for (let k = 0; k < mean.length; k++) out += ((mean[k] as number) - (reference.mean[k] as number)) ** 2;
  return out;
}

function kernelSum(a: Features, b: Features, same: boolean): number {
  const [n, m, d] = [rowsOf(a), rowsOf(b), a.dims];
  let sum = 0;
  for (let i = 0; i < n; i++)
    for (let j = same ? i + 1 : 0; j < m; j++) {
      let dot = 0;
      for (let k = 0; k < d; k++) dot += (a.data[i * d + k] as number) * (b.data[j * d + k] as number);
      sum += (dot / d + 1) ** 3;
    }
  return same ? 2 * sum : sum;
}

/** Unbiased squared MMD with k(x, y) = (x . y / d + 1)^3 (Binkowski et al. 2018), on all rows; may be below 0. */
export function kernelDistance(a: Features, b: Features): number {
  if (a.dims !== b.dims) throw new RangeError(`features of ${a.dims} and of ${b.dims} dimensions`);
  const [n, m] = [rowsOf(a), rowsOf(b)];
  return (
    kernelSum(a, a, true) / (n * (n - 1)) +
    kernelSum(b, b, true) / (m * (m - 1)) -
    (2 * kernelSum(a, b, false)) / (n * m)
  );
}
