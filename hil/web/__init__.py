"""The live page: sessions in a browser, as they run and when they have ended.

``serving`` opens the port, ``site`` answers; what is shown comes from a database opened to be read
and from the frame files, so that nothing here can slow or stop a run. Wishes go the way of
``hil pause``. The command line comes in. The only home of Starlette and uvicorn.
"""
