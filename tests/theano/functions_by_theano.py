"""Values of the functions of ``theano.tensor`` and its modules in Theano 1.0.5.

Run with Theano 1.0.5 on Python 3.8, in this folder::

    THEANO_FLAGS=cxx= python functions_by_theano.py > functions.json

The same expressions are computed by test_tensor_functions.py.

Read next: test_tensor_functions.py
"""

import json

import numpy as np

EXPRESSIONS = [
    "X.bincount(np.array([1,1,3]))",
    "X.bincount(np.array([1,1,3],'int32'),weights=np.array([.5,1,2]))",
    "X.bincount(np.array([1,1,3]),minlength=6)",
    "X.diff(T.constant(A))",
    "X.diff(T.constant(A),n=2,axis=1)",
    "X.squeeze(T.constant(A[None]))",
    "X.to_one_hot(np.array([0,2]),3)",
    "X.to_one_hot(np.array([0,2]),3,dtype='int32')",
    "X.repeat(T.constant(A),[1,2,1],axis=1)",
    "X.fill_diagonal(T.constant(np.zeros((3,3))),2)",
    "X.fill_diagonal_offset(T.constant(np.zeros((3,4))),2,1)",
    "X.fill_diagonal_offset(T.constant(np.zeros((3,4))),2,-1)",
    "X.unravel_index(T.constant(np.array([5,1])),(2,3))",
    "X.searchsorted(T.constant(np.array([1.,2,3])),2.5)",
    "X.searchsorted(T.constant(np.array([1.,2,3])),2,side='right')",
    "X.cumsum(T.constant(A))",
    "X.cumsum(T.constant(A),axis=1)",
    "X.bartlett(5)",
    "X.Unique()(T.constant(np.array([3,1,3])))",
    "X.Unique(True,True,True)(T.constant(np.array([3,1,3])))",
    "xlogx.xlogx(T.constant(np.array([0.,2.])))",
    "xlogx.xlogy0(T.constant(np.array([0.,2.])),T.constant(np.array([0.,3.])))",
    "N.matrix_dot(np.eye(2),A)",
    "N.trace(np.eye(3))",
    "N.diag(np.arange(3))",
    "N.alloc_diag(np.arange(3.))",
    "N.extract_diag(np.eye(3))",
    "N.det(np.eye(2)*2)",
    "N.qr(np.eye(2),mode='r')",
    "N.svd(np.diag([1.,2]))",
    "N.svd(np.diag([1.,2]),compute_uv=0)",
    "N.eigh(np.diag([2.,1]))",
    "N.pinv(np.diag([2.,1]))",
    "N.tensorinv(np.eye(4).reshape(2,2,2,2))",
    "N.norm(T.constant(A),None)",
    "N.norm(T.constant(A),'fro')",
    "N.norm(T.constant(A),1)",
    "N.norm(T.constant(A),'inf')",
    "N.norm(T.constant(A[0]),2)",
    "S.kron(np.eye(2),np.array([[1.,2]]))",
    "S.cholesky(np.diag([4.,1]))",
    "S.solve(np.diag([4.,1]),np.array([1.,2]))",
    "S.solve_lower_triangular(np.array([[4.,9],[1,1]]),np.array([1.,2]))",
    "S.solve_upper_triangular(np.array([[4.,9],[1,1]]),np.array([1.,2]))",
    "S.expm(np.zeros((2,2)))",
    "S.Cholesky(lower=False)(np.array([[2.,1],[1,2]]))",
    "F.rfft(T.constant(np.array([[1.,2,3,4]])))",
    "F.rfft(T.constant(np.array([[1.,2,3,4]])),norm='ortho')",
    "F.irfft(F.rfft(T.constant(np.array([[1.,2,3,4]]))))",
    "F.irfft(F.rfft(T.constant(np.array([[1.,2,3]]))),is_odd=True)",
    "F.rfft(T.constant(np.array([[1.,2,3,4]])),norm='no_norm')",
    "T.sort(T.constant(np.array([[3,1],[0,2]])),None)",
    "T.argsort(T.constant(np.array([3,1,2])))",
    "T.tile(T.constant(A),(2,1))",
    "T.tile(T.constant(A[0]),2)",
    "T.tile(T.constant(A),[2,2,1])",
    "T.roll(T.constant(A),1)",
    "T.roll(T.constant(A),1,axis=1)",
    "T.choose(T.constant(np.array([0,1])),[T.constant([1,2]),T.constant([3,4])])",
    "T.take(T.constant(A),[0,1],axis=1)",
    "T.nonzero(T.constant(A))",
    "T.nonzero(T.constant(A),return_matrix=True)",
    "T.nonzero_values(T.constant(A))",
    "T.permute_row_elements(T.constant(A),[2,0,1])",
    "T.set_subtensor(T.constant(np.array([1,2,3],'int32'))[1],1.5)",
    "T.inc_subtensor(T.constant(np.array([1,2,3],'float32'))[[1,1]],np.array([1.5,2.]))",
    "T.set_subtensor(T.constant(A)[0][1],9)",
    "T.isclose(T.constant([1.,np.nan]),T.constant([1.,np.nan]))",
    "T.isclose(T.constant([1.,np.nan]),T.constant([1.,np.nan]),equal_nan=True)",
    "T.allclose(T.constant([1.]),T.constant([1.]))",
    "T.cov(T.constant(A))",
    "T.split(T.constant(A),[1,2],2,axis=1)",
    "T.tril(T.constant(A),-1)",
    "T.mgrid[0:2,0:3]",
    "T.ogrid[0:2:1,0:3]",
    "T.batched_tensordot(np.ones((2,3,4)),np.ones((2,4,5)),[[2],[1]]).shape",
    "T.batched_dot(np.ones((2,3)),np.ones((2,3,4)))",
    "T.batched_dot(np.ones((2,)),np.ones((2,3)))",
    "T.batched_dot(np.ones((2,3,4,5)),np.ones((2,5))).shape",
    "T.diag(T.constant(A),1)",
    "T.eye(2,3,1)",
    "T.stack(T.constant(1),T.constant(2.))",
    "T.stack([1,2.])",
    "T.stack([T.constant(A),T.constant(A)],axis=-1).shape",
    "T.concatenate([T.constant(A),T.constant(A)],axis=-1)",
    "T.join(0,np.arange(2),np.arange(2.))",
    "T.concatenate([[1,2],[3]])",
    "T.power(T.constant(2),3)",
    "T.round(T.constant(np.array([.5,1.5,-2.5])))",
    "T.round(T.constant(np.array([.5,1.5,-2.5])),'half_away_from_zero')",
    "T.iround(T.constant(np.array([.5,1.5,-2.5])))",
    "T.ceil_intdiv(T.constant(5),2)",
    "T.max_and_argmax(T.constant(A),axis=1)",
    "T.argmax(T.constant(A),axis=[0,1])",
    "T.max(T.constant(A),axis=(0,1))",
    "T.zeros(3)",
    "T.alloc(1.,2)",
    "T.fill(T.constant(A),1)",
    "T.identity_like(T.constant(A))",
    "T.flatten(T.constant(A))",
    "T.tensordot(A,A.T,1)",
    "T.dot(A,[1,2,3])",
    "T.dot(2,A)",
    "T.shape_padaxis(T.constant(A),1).shape",
    "T.shape_padleft(T.constant(A),2).shape",
    "T.clip(T.constant(A),1,3)",
    "T.clip(T.constant([1,5,9]),2,6.5)",
    "T.switch(T.constant(A)>2,1.,0)",
    "T.mean(T.constant([1,2]))",
    "T.sgn([-2.,0,3])",
    "T.inv(T.constant(4))",
    "T.sqrt(T.constant(4))",
    "T.swapaxes(A,0,1).shape",
    "T.diagonal(A)",
    "T.ptp(A,axis=0)",
    "T.gammaln([3.])",
    "T.psi([3.])",
    "T.erfinv([.5])",
    "T.all(A)",
    "T.prod(A,axis=1)",
    "T.sum(A,dtype='int32')",
    "T.mean([1,2],dtype='float32')",
    "T.cumprod([1,2,3])",
    "T.xor(T.constant(5),3)",
    "T.invert(T.constant(5))",
    "T.int_div(7.5,2)",
    "T.mod(-7,3)",
    "T.floor_div(7,2)",
    "T.triu(np.ones((2,2)))",
    "T.ones_like(A,dtype='int8')",
    "T.arange(2,5)",
    "T.arange(0,1,.25)",
    "T.arange(np.int8(3))",
    "T.arange(3,dtype='float32')",
    "T.tri(2,3)",
    "X.compress(np.array([1,0,1]),T.constant(A),axis=1)",
    "S.Solve()(np.diag([4.,1]),np.array([1.,2]))",
    "S.solve_symmetric(np.diag([4.,1]),np.array([1.,2]))",
    "T.rad2deg(T.constant([1.,2.]))",
    "T.cosh([1.,2.])",
    "T.erfcx([1.,2.])",
    "T.conj([1.,2.])",
    "T.exp2([1,2])",
    "T.deg2rad([90.])",
    "T.gamma([3.5])",
    "T.i0([1.])",
    "T.j0([1.])",
    "T.trunc([1.5,-1.5])",
    "T.flatnonzero(T.constant(A))",
    "X.ravel_multi_index((T.constant(np.array([1,0])),T.constant(np.array([2,1]))),(2,3))",
    "[T.get_scalar_constant_value(T.constant(3)*2)]",
    "T.advanced_subtensor1(T.constant(A),T.constant([1,0]))",
    "T.advanced_subtensor(T.constant(A),T.constant([1,0]),T.constant([1,0]))",
    "T.gammaln([2.5])",
]


def value(T, expression):
    """The dtype and the elements of an expression, or a list of these for several."""
    names = {
        "np": np, "T": T, "A": np.arange(6.0).reshape(2, 3), "X": T.extra_ops, "N": T.nlinalg, "S": T.slinalg,
        "F": T.fft, "xlogx": T.xlogx,
    }  # fmt: skip
    made = eval(expression, names)

    def told(one):
        array = np.asarray(one.eval() if hasattr(one, "eval") else one)
        return [str(array.dtype), array.tolist()]

    return told(made) if hasattr(made, "eval") else [told(one) for one in made]


if __name__ == "__main__":
    import theano.tensor
    import theano.tensor.fft
    import theano.tensor.nlinalg
    import theano.tensor.slinalg
    import theano.tensor.xlogx

    print(json.dumps({one: value(theano.tensor, one) for one in EXPRESSIONS}, indent=0))
