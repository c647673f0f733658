"""What `native.barcode` and `native.picture_sum` use of the extension that cffi generates."""

from collections.abc import Callable, Iterator
from typing import Any, Literal, overload

class CData:
    def __len__(self) -> int: ...
    def __int__(self) -> int: ...
    def __getitem__(self, index: int) -> int: ...

class Image:
    px: CData
    width: int
    height: int
    stride: int
    step: int

class Options:
    symbologies: int
    effort: int
    flags: int
    work_us: int

class Sum:
    sum: CData
    width: int
    height: int
    scale: int
    frames: int

class Shift:
    x: float
    y: float
    contrast: float

class Box:
    left: int
    top: int
    width: int
    height: int

class Boxes:
    def __getitem__(self, index: int) -> Box: ...

class Segment:
    start: int
    eci: int

class Segments:
    def __getitem__(self, part: slice) -> Segments: ...
    def __iter__(self) -> Iterator[Segment]: ...

class Floats: ...

class FoundSymbol:
    symbology: int
    identifier: CData
    corners: Floats
    rotation_deg: float
    module_px: float
    ec_used: float
    mirrored: int
    inverted: int
    version: int
    ec_level: int
    reader_init: int
    columns: int
    rows: int
    add_on: CData
    append_index: int
    append_count: int
    append_id: CData
    segment_n: int
    length: int
    segments: Segments
    payload: CData

class FoundSymbols:
    def __getitem__(self, index: int) -> FoundSymbol: ...

class Buffer:
    def __getitem__(self, part: slice) -> bytes: ...

class _FFI:
    def from_buffer(self, cdecl: str, python_buffer: bytes | bytearray | memoryview) -> CData: ...
    @overload
    def new(self, cdecl: Literal["bc_image *"]) -> Image: ...
    @overload
    def new(self, cdecl: Literal["bc_options *"]) -> Options: ...
    @overload
    def new(self, cdecl: Literal["bc_sum *"]) -> Sum: ...
    @overload
    def new(self, cdecl: Literal["bc_shift *"]) -> Shift: ...
    @overload
    def new(self, cdecl: Literal["bc_box[]"], init: int) -> Boxes: ...
    @overload
    def new(self, cdecl: Literal["size_t *"]) -> CData: ...
    @overload
    def new(self, cdecl: Literal["uint16_t[]"], init: int) -> CData: ...
    def new_allocator(self, *, should_clear_after_alloc: bool) -> Callable[[str, int], Any]: ...
    def cast(self, cdecl: str, source: CData | int) -> CData: ...
    def buffer(self, cdata: CData, size: int) -> Buffer: ...
    def string(self, cdata: CData) -> bytes: ...
    @overload
    def unpack(self, cdata: CData, length: int) -> list[int]: ...
    @overload
    def unpack(self, cdata: Floats, length: int) -> list[float]: ...

class _Lib:
    BC_OK: int
    BC_NO_READ: int
    BC_OUTPUT_FULL: int
    BC_LIMIT: int
    BC_PORTABLE: int
    BC_CODE39_CHECK: int
    BC_CODE39_FULL_ASCII: int
    BC_CODE39_PLAIN: int
    BC_MAX_FRAMES: int
    BC_MAX_PART: int
    BC_MAX_RADIUS: int

    def bc_version(self) -> CData: ...
    def bc_status_str(self, status: int) -> CData: ...
    def bc_workspace_size(self, max_width: int, max_height: int, symbologies: int) -> int: ...
    def bc_decode(
        self,
        image: Image,
        options: Options,
        ws: CData,
        ws_len: int,
        out: FoundSymbols,
        out_cap: int,
        out_n: CData,
    ) -> int: ...
    def bc_element_widths(
        self, row: CData, n: int, threshold: int, out: CData, cap: int, out_n: CData
    ) -> int: ...
    def bc_accumulate(self, image: Image, x: float, y: float, sum: Sum) -> int: ...
    def bc_mean(self, sum: Sum, out: CData, cap: int) -> int: ...
    def bc_find_shift_workspace(self, width: int, height: int, radius: int) -> int: ...
    def bc_find_shift(
        self,
        image: Image,
        part: CData,
        width: int,
        height: int,
        radius: int,
        ws: CData,
        ws_len: int,
        at: Shift,
    ) -> int: ...
    def bc_busy_workspace(self, max_width: int, max_height: int) -> int: ...
    def bc_busy(self, image: Image, ws: CData, ws_len: int, out: Boxes, cap: int, out_n: CData) -> int: ...

ffi: _FFI
lib: _Lib
