"""Sounds and films in common formats, generated here: the tests contain nobody's recording."""

import base64
import io
import math
import struct
import wave

from playwright.sync_api import Page


def make_wav(seconds: float = 2.0) -> bytes:
    """Return a tone that swells and fades, so that its waveform has a shape."""
    rate = 8000
    frames = [
        int(12000 * math.sin(math.pi * i / (rate * seconds)) * math.sin(i / 3)) for i in range(int(rate * seconds))
    ]
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(struct.pack(f"<{len(frames)}h", *frames))
    return out.getvalue()


def record_webm(page: Page) -> bytes:
    """Return a second of moving colour, recorded by the browser under test."""
    text: str = page.evaluate(
        """async () => {
            const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 240 });
            const pen = canvas.getContext('2d');
            const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: 'video/webm;codecs=vp8' });
            const parts = [];
            recorder.ondataavailable = ({ data }) => parts.push(data);
            const over = new Promise((done) => { recorder.onstop = done; });
            recorder.start();
            for (let i = 0; i < 25; i++) {
                pen.fillStyle = `hsl(${i * 12} 70% 45%)`;
                pen.fillRect(0, 0, 320, 240);
                pen.fillStyle = 'white';
                pen.fillRect(i * 10, 90, 60, 60);
                await new Promise((next) => setTimeout(next, 40));
            }
            recorder.stop();
            await over;
            const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
            return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
        }"""
    )
    return base64.b64decode(text)
