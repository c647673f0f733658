"""What leaves a station as lines, files: its facts, plain or in GS1's words, and the proof of their chain."""
