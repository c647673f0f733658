"""The edge service: decides in `core`, acts in `shell`, shows in `kiosk`, draws in `labels`."""
